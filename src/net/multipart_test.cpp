#include "net/multipart.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "base/failure.hpp"
#include "net/net_test_support.hpp"

namespace gx::net {

using namespace std::chrono_literals;

namespace {

struct TemporaryFolder {
    std::string path;
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "gx-multipart-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()));
    }
};

std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string text_part(std::string_view name, std::string_view value) {
    return "--XX\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(value) +
           "\r\n";
}

std::string file_part(std::string_view name, std::string_view file_name, std::string_view bytes) {
    return "--XX\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"; filename=\"" +
           std::string(file_name) + "\"\r\nContent-Type: text/csv\r\n\r\n" + std::string(bytes) + "\r\n";
}

std::string problem_of(const std::string& body, MultipartLimits limits = {}) {
    const TemporaryFolder folder;
    try {
        MultipartReader reader("XX", folder.path, limits);
        reader.feed(body);
        reader.finish();
    } catch (const Failure& failure) {
        return failure.key();
    }
    return "";
}

}  // namespace

TEST(Multipart, ReadsTheBoundaryOfAContentType) {
    EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc"), "abc");
    EXPECT_EQ(multipart_boundary("multipart/form-data; charset=utf-8; Boundary=\"a b\""), "a b");
    for (const char* bad :
         {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a",
          "multipart/form-data; boundary=a\"b", "multipart/form-data; boundary=a; boundary=b"})
        EXPECT_EQ(multipart_boundary(bad), "") << bad;
    EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'a')), "");
}

TEST(Multipart, GivesTheSameForEverySplitOfTheBytes) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const TemporaryFolder folder;
    // Nearly-delimiters inside the data are the hard part.
    const std::string tricky = "a\r\n--X\r\n--\r\n\r\n--XY\r\r\n-\n--XX\r\n";
    std::string binary(100'000, '\0');
    for (char& c : binary) c = "\r\n-X\0z"[random() % 6];
    for (std::size_t at; (at = binary.find("\r\n--XX")) != std::string::npos;) binary[at + 4] = 'q';
    const std::string body = "preamble\r\n" + text_part("note", tricky) + file_part("file", "客户.csv", binary) +
                             text_part("empty", "") + file_part("none", "", "") + "--XX--\r\nepilogue";

    for (int round = 0; round < 60; ++round) {
        MultipartReader reader("XX", folder.path);
        const std::size_t step_max = round == 0 ? body.size() : round == 1 ? 1 : 1 + random() % 5'000;
        for (std::size_t at = 0; at < body.size();) {
            const std::size_t size = std::min<std::size_t>(body.size() - at, 1 + random() % step_max);
            reader.feed(std::string_view(body).substr(at, size));
            at += size;
        }
        reader.finish();

        ASSERT_EQ(reader.form, (NamedTexts{{"note", tricky}, {"empty", ""}}));
        ASSERT_EQ(reader.files.size(), 2u);
        ASSERT_EQ(reader.files[0].file_name, "客户.csv");
        ASSERT_EQ(reader.files[0].content_type, "text/csv");
        ASSERT_EQ(reader.files[0].bytes, binary.size());
        ASSERT_EQ(content(reader.files[0].path), binary);
        ASSERT_EQ(reader.files[1].bytes, 0u);
    }
    EXPECT_EQ(folder.files(), 0u);
}

TEST(Multipart, TakesPathsOutOfFileNames) {
    const TemporaryFolder folder;
    MultipartReader reader("XX", folder.path);

    reader.feed(file_part("a", "../../etc/passwd", "x") + file_part("b", "C:\\fakepath\\a.csv", "x") +
                file_part("c", "..", "x") + file_part("d", "say \\\"hi\\\".csv", "x") + "--XX--");
    reader.finish();

    ASSERT_EQ(reader.files.size(), 4u);
    EXPECT_EQ(reader.files[0].file_name, "passwd");
    EXPECT_EQ(reader.files[1].file_name, "a.csv");
    EXPECT_EQ(reader.files[2].file_name, "");
    EXPECT_EQ(reader.files[3].file_name, "say \"hi\".csv");
}

TEST(Multipart, KeepsAFileThatWasTakenAndRemovesTheOthers) {
    const TemporaryFolder folder;
    std::string taken;
    {
        MultipartReader reader("XX", folder.path);
        reader.feed(file_part("a", "a", "one") + file_part("b", "b", "two") + "--XX--");
        reader.finish();
        EXPECT_EQ(folder.files(), 2u);
        taken = reader.files[0].take();
    }
    EXPECT_EQ(folder.files(), 1u);
    EXPECT_EQ(content(taken), "one");
}

TEST(Multipart, RefusesWhatIsMalformedOrTooLarge) {
    const std::string end = "--XX--";
    EXPECT_EQ(problem_of(text_part("a", "b") + end), "");
    EXPECT_EQ(problem_of(""), "multipart_malformed");
    EXPECT_EQ(problem_of(text_part("a", "b")), "multipart_malformed");
    EXPECT_EQ(problem_of("--XXnonsense\r\n\r\n" + end), "multipart_malformed");
    EXPECT_EQ(problem_of("--XX\r\n\r\nno head\r\n" + end), "multipart_malformed");
    EXPECT_EQ(problem_of("--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + end), "multipart_malformed");
    EXPECT_EQ(problem_of("--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n" + end),
              "multipart_malformed");
    EXPECT_EQ(problem_of("--XX\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nx\r\n" + end),
              "multipart_malformed");
    EXPECT_EQ(problem_of("--XX\r\nno colon\r\n\r\nx\r\n" + end), "multipart_malformed");
    EXPECT_EQ(problem_of(text_part("a\xff", "b") + end), "multipart_malformed");
    EXPECT_EQ(problem_of(text_part("a", "b\xff") + end), "multipart_malformed");
    EXPECT_EQ(problem_of(text_part(std::string(300, 'n'), "b") + end), "multipart_malformed");
    EXPECT_EQ(problem_of("--XX\r\nX: " + std::string(9'000, 'h')), "multipart_malformed");
    EXPECT_EQ(problem_of(text_part("a", std::string(2'000'000, 'b')) + end), "multipart_field_too_large");
    EXPECT_EQ(problem_of(file_part("a", "a", "12345") + end, {.file_bytes_max = 4}), "body_too_large");
    std::string many;
    for (int i = 0; i < 300; ++i) many += text_part("a", "b");
    EXPECT_EQ(problem_of(many + end), "multipart_too_many_fields");
}

TEST(Multipart, ArrivesAtAHandlerOnDiskAndLeavesNothing) {
    const TemporaryFolder folder;
    TestServer test;
    test.settings.upload_directory = folder.path;
    test.router.add(Method::post, "/files",
                    [](Request& request) {
                        Response response;
                        response.body = request.files.at(0).file_name + " " + std::to_string(request.files[0].bytes) +
                                        " " + request.form.at(0).second + " " +
                                        std::to_string(std::filesystem::file_size(request.files[0].path));
                        return response;
                    },
                    {.multipart = true});
    TestClient client(test.start());
    const std::string body =
        text_part("note", "hello") + file_part("file", "a.csv", std::string(20u << 20, 'u')) + "--XX--\r\n";
    const std::string head = "POST /files HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=XX\r\n";

    client.send(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    const Answer whole = client.read_answer();
    // The same connection again, in chunks, and the next request right behind.
    client.send(head + "Transfer-Encoding: chunked\r\n\r\n");
    for (std::size_t at = 0; at < body.size(); at += 1u << 20) {
        const std::string piece = body.substr(at, 1u << 20);
        char size[32];
        std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
        client.send(size + piece + "\r\n");
    }
    client.send("0\r\n\r\nGET /nothing HTTP/1.1\r\nHost: t\r\n\r\n");
    const Answer chunked = client.read_answer();

    EXPECT_EQ(whole.body, "a.csv 20971520 hello 20971520");
    EXPECT_EQ(chunked.body, whole.body);
    EXPECT_EQ(client.read_answer().status, 404);
    EXPECT_EQ(folder.files(), 0u);
}

TEST(Multipart, CanBeRefusedBeforeTheBodyIsRead) {
    const TemporaryFolder folder;
    TestServer test;
    test.settings.upload_directory = folder.path;
    test.router.add(Method::post, "/files", [](Request&) { return Response{}; },
                    {.multipart = true, .before_body = [](Request& request) -> std::optional<Response> {
                         if (request.cookie("session") == "known") return std::nullopt;
                         return plain_problem(request, 401, "unauthenticated");
                     }});
    const unsigned short port = test.start();
    TestClient stranger(port), known(port);
    const std::string head =
        "POST /files HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: ";
    const std::string body = file_part("f", "f", "x") + "--XX--";

    stranger.send(head + "1000000000\r\n\r\n");
    known.send(head + std::to_string(body.size()) + "\r\nCookie: theme=dark; session=known\r\n\r\n" + body);

    EXPECT_EQ(stranger.read_answer().status, 401);
    EXPECT_TRUE(stranger.closed_within(3s));
    EXPECT_EQ(known.read_answer().status, 200);
}

TEST(Multipart, LeavesNothingWhenTheClientGoesOrSendsNonsense) {
    const TemporaryFolder folder;
    TestServer test;
    test.settings.upload_directory = folder.path;
    test.router.add(Method::post, "/files", [](Request&) { return Response{}; },
                    {.multipart = true, .multipart_max = 1u << 20});
    const unsigned short port = test.start();
    const std::string head = "POST /files HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=XX\r\n";
    TestClient gone(port), nonsense(port), large(port), no_boundary(port);

    gone.send(head + "Content-Length: 900000\r\n\r\n" + file_part("f", "f", std::string(600'000, 'x')));
    gone.reset();
    nonsense.send(head + "Content-Length: 8\r\n\r\nnonsense");
    large.send(head + "Content-Length: 1048577\r\n\r\n");
    no_boundary.send(
        "POST /files HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data\r\nContent-Length: 8\r\n\r\nnonsense");

    EXPECT_EQ(nonsense.read_answer().status, 400);
    EXPECT_EQ(large.read_answer().status, 413);
    EXPECT_EQ(no_boundary.read_answer().status, 400);
    test.server->stop(2s);
    EXPECT_EQ(folder.files(), 0u);
}

}  // namespace gx::net

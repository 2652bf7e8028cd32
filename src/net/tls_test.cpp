#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <thread>

#include "base/failure.hpp"
#include "net/net_test_support.hpp"

namespace gx::net {

using namespace std::chrono_literals;

namespace {

// A certificate of our own for 127.0.0.1, good for an hour.
struct Certificate {
    std::string folder, certificate_file, key_file;

    Certificate() {
        std::string pattern = (std::filesystem::temp_directory_path() / "gx-tls-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        certificate_file = folder + "/certificate.pem";
        key_file = folder + "/key.pem";
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* certificate = X509_new();
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_NAME* name = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("127.0.0.1"), -1,
                                   -1, 0);
        X509_set_issuer_name(certificate, name);
        X509_sign(certificate, key, EVP_sha256());
        FILE* file = std::fopen(certificate_file.c_str(), "w");
        PEM_write_X509(file, certificate);
        std::fclose(file);
        file = std::fopen(key_file.c_str(), "w");
        PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(file);
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
    ~Certificate() { std::filesystem::remove_all(folder); }
};

class TlsClient {
public:
    TlsClient(unsigned short port, int version_max = 0)
        : context_(SSL_CTX_new(TLS_client_method())), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (version_max) {
            SSL_CTX_set_security_level(context_, 0);
            SSL_CTX_set_max_proto_version(context_, version_max);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval limit{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
        ssl_ = SSL_new(context_);
        SSL_set_fd(ssl_, socket_);
        connected = SSL_connect(ssl_) == 1;
    }
    ~TlsClient() {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
        ::close(socket_);
    }
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    void send(std::string_view bytes) { SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())); }
    std::string read_until_size(std::size_t size) {
        std::string bytes;
        char buffer[16384];
        while (bytes.size() < size) {
            const int got = SSL_read(ssl_, buffer, sizeof buffer);
            if (got <= 0) break;
            bytes.append(buffer, static_cast<std::size_t>(got));
        }
        return bytes;
    }
    std::string read_until(std::string_view end) {
        std::string bytes;
        while (bytes.find(end) == std::string::npos) {
            const std::string more = read_until_size(1);
            if (more.empty()) break;
            bytes += more;
        }
        return bytes;
    }
    bool ended() { return read_until_size(1).empty() && SSL_get_error(ssl_, 0) != SSL_ERROR_WANT_READ; }

    bool connected = false;

private:
    SSL_CTX* context_;
    SSL* ssl_ = nullptr;
    int socket_;
};

struct SecureServer : TestServer {
    Certificate certificate;
    SecureServer() {
        settings.certificate_file = certificate.certificate_file;
        settings.key_file = certificate.key_file;
        router.add(Method::get, "/big", [](Request& request) {
            Response response;
            response.body = std::string(3u << 20, 'x') + (request.secure ? "secure" : "plain");
            return response;
        });
        router.add(Method::get, "/stream", [](Request&) {
            Response response;
            response.stream = [](BodyWriter& out) {
                for (int i = 0; i < 1000; ++i) out.write(std::string(1000, 's'));
            };
            return response;
        });
        router.add(Method::get, "/events", [](Request&) {
            Response response;
            response.event_stream = "li";
            return response;
        });
    }
};

}  // namespace

// covers: NFR-26
TEST(Tls, AnswersSecurelyAgainAndAgainWithStrictTransportSecurity) {
    SecureServer test;
    TlsClient client(test.start());
    ASSERT_TRUE(client.connected);

    for (int i = 0; i < 3; ++i) {
        client.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\n");
        const std::string answer = client.read_until("secure");
        EXPECT_NE(answer.find("Strict-Transport-Security: max-age=31536000"), std::string::npos);
        EXPECT_GT(answer.size(), 3u << 20);
    }
    client.send("GET /stream HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    EXPECT_GT(client.read_until("\r\n0\r\n\r\n").size(), 1'000'000u);
    EXPECT_TRUE(client.ended());
}

TEST(Tls, RefusesVersionsBelow12AndPlainHttp) {
    SecureServer test;
    const unsigned short port = test.start();

    EXPECT_FALSE(TlsClient(port, TLS1_1_VERSION).connected);
    EXPECT_TRUE(TlsClient(port, TLS1_2_VERSION).connected);
    EXPECT_TRUE(TlsClient(port).connected);
    TestClient plain(port);
    plain.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_TRUE(plain.closed_within(3s));
}

TEST(Tls, CarriesEventStreamsAndEndsThem) {
    SecureServer test;
    TlsClient client(test.start());
    client.send("GET /events HTTP/1.1\r\nHost: t\r\n\r\n");
    client.read_until("\r\n\r\n");

    test.events.publish([](const Subscriber&) { return event_text("1", "", "hello"); });
    EXPECT_EQ(client.read_until("\n\n"), "id: 1\ndata: hello\n\n");
    test.events.close("li");
    EXPECT_TRUE(client.ended());
}

TEST(Tls, StopsWhileHandshakesAndRequestsAreUnderWay) {
    SecureServer test;
    const unsigned short port = test.start();
    TestClient silent(port);
    TlsClient idle(port);
    TlsClient reading(port);
    reading.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n");
    const auto began = std::chrono::steady_clock::now();

    test.server->stop(500ms);

    EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
    EXPECT_TRUE(silent.closed_within(1s));
}

TEST(Tls, NamesACertificateThatCannotBeRead) {
    TestServer test;
    test.settings.certificate_file = "/nowhere/certificate.pem";
    test.settings.key_file = "/nowhere/key.pem";

    try {
        test.start();
        FAIL() << "started without a certificate";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.key(), "certificate_unreadable");
    }
}

}  // namespace gx::net

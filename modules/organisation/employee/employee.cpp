// Leaving is a state with a date. Department and position are those of the main post: whoever changes them here moves
// to another post, and whoever chooses another main post moves the employee (employee_post.cpp).
#include "organisation/employee/fields.hpp"

#include <algorithm>
#include <vector>

#include "organisation/employee_post/fields.hpp"
#include "record/behaviour.hpp"

namespace gx::employee {
namespace {

using record::Draft;

template <class T>
std::optional<T> held(const Value& value) {
    const T* found = std::get_if<T>(&value);
    return found ? std::optional<T>(*found) : std::nullopt;
}

struct Post {
    RecordId id;
    Value department, position;
    bool main = false;
    std::optional<Date> from, until;

    bool has_ended(Date today) const { return until && *until < today; }
    bool is_same_as(const Post& other) const { return department == other.department && position == other.position; }
    bool overlaps(const Post& other) const {
        return is_same_as(other) && !(until && other.from && *until < *other.from) &&
               !(other.until && from && *other.until < *from);
    }
};

std::vector<Post> posts_of(const Draft& draft) {
    const std::vector<Value> ids = draft.children("posts"), departments = draft.children("posts.department"),
                             positions = draft.children("posts.position"), mains = draft.children("posts.main"),
                             froms = draft.children("posts.from_on"), untils = draft.children("posts.until_on");
    std::vector<Post> posts;
    for (std::size_t i = 0; i < ids.size(); ++i)
        posts.push_back({held<RecordId>(ids[i]).value_or(RecordId{}), departments[i], positions[i],
                         held<bool>(mains[i]).value_or(false), held<Date>(froms[i]), held<Date>(untils[i])});
    return posts;
}

void note_leaving(Draft& draft) {
    if (!draft.changed(status)) return;
    if (draft.get(status) != "left")
        draft.clear(left_on);
    else if (!draft.get(left_on))
        draft.set(left_on, draft.today());
}

void end_posts(Draft& draft, const std::vector<Post>& posts) {
    const Date last = draft.get(left_on).value_or(draft.today());
    for (const Post& post : posts)
        if (!post.until || *post.until > last)
            draft.add("employee_post", post.id).set(employee_post::until_on, std::max(last, post.from.value_or(last)));
}

void begin_post(Draft& draft, const Post& wanted, Date from) {
    Draft& post = draft.add("employee_post");
    post.set(employee_post::employee, draft.id());
    post.set_value(employee_post::department.name, wanted.department);
    post.set_value(employee_post::position.name, wanted.position);
    post.set(employee_post::main, true);
    post.set(employee_post::from_on, from);
}

// The former main post: ended by a transfer, kept when the employee already had the new one beside it. What began
// today was a mistake that is being put right, not a post that somebody held.
void move_on(Draft& draft, const Post* before, const Post& wanted) {
    const Date today = draft.today();
    if (before && before->from == today && !is_null(wanted.department)) {
        Draft& post = draft.add("employee_post", before->id);
        post.set_value(employee_post::department.name, wanted.department);
        post.set_value(employee_post::position.name, wanted.position);
        return;
    }
    if (before) {
        Draft& post = draft.add("employee_post", before->id);
        post.set(employee_post::main, false);
        const Date yesterday = today - std::chrono::days(1);
        if (!before->has_ended(today))
            post.set(employee_post::until_on, std::max(yesterday, before->from.value_or(yesterday)));
    }
    if (!is_null(wanted.department)) begin_post(draft, wanted, before ? today : draft.get(entered_on).value_or(today));
}

void follow_main_post(Draft& draft, const std::vector<Post>& posts) {
    const Date today = draft.today();
    Post wanted;
    wanted.department = draft.value(department.name);
    wanted.position = draft.value(position.name);
    const auto there = std::ranges::find_if(
        posts, [&](const Post& post) { return post.is_same_as(wanted) && !post.has_ended(today); });
    const bool returned = draft.old_value(status.name) == Value(std::string("left"));
    const bool moved = draft.is_new() || returned || draft.changed(department) || draft.changed(position);
    // Somebody may be changing the posts themselves: that is theirs to decide, unless the employee moves too.
    if (!moved) {
        if (there == posts.end() && std::ranges::none_of(posts, &Post::main)) move_on(draft, nullptr, wanted);
        return;
    }
    const Post* before = nullptr;
    for (const Post& post : posts) {
        if (!post.main || (there != posts.end() && post.id == there->id)) continue;
        if (there != posts.end())
            draft.add("employee_post", post.id).set(employee_post::main, false);
        else
            before = &post;
    }
    if (there == posts.end()) return move_on(draft, before, wanted);
    if (!there->main) draft.add("employee_post", there->id).set(employee_post::main, true);
    const auto left = held<Date>(draft.old_value(left_on.name));
    if (returned && left && there->until == left) draft.add("employee_post", there->id).clear(employee_post::until_on);
}

void check_overlaps(Draft& draft, const std::vector<Post>& posts) {
    for (std::size_t i = 0; i < posts.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (posts[i].overlaps(posts[j])) return draft.add_problem("posts", "post_overlaps");
}

void keep_posts(Draft& draft) {
    if (draft.is_removal()) return;
    note_leaving(draft);
    const std::vector<Post> posts = posts_of(draft);
    check_overlaps(draft, posts);
    if (draft.get(status) != "left")
        follow_main_post(draft, posts);
    else if (draft.changed(status))
        end_posts(draft, posts);
}

}  // namespace

void behave(record::Behaviour& behaviour) {
    for (const char* path :
         {"posts", "posts.department", "posts.position", "posts.main", "posts.from_on", "posts.until_on"})
        behaviour.needs(path);
    behaviour.before_save(keep_posts);
}

}  // namespace gx::employee

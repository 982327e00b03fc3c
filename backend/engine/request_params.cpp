#include "backend/engine/request_params.h"

#include "backend/protocol/error.h"

namespace assay::engine {

namespace {

[[noreturn]] void fail(const char* key, const std::string& what)
{
    throw Error(std::string("'") + key + "' must be " + what, "request");
}

bool isCount(const Json& value)
{
    return value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
}

} // namespace

const Json& memberOf(const Json& params, const char* key)
{
    static const Json absent;
    if (!params.is_object())
        return absent;
    const auto it = params.find(key);
    return it != params.end() ? *it : absent;
}

std::string textOf(const Json& params, const char* key)
{
    const Json& value = memberOf(params, key);
    if (!value.is_string())
        fail(key, "a text");
    return value.get<std::string>();
}

std::uint64_t numberOf(const Json& params, const char* key)
{
    const Json& value = memberOf(params, key);
    if (!isCount(value))
        fail(key, "a whole number from 0");
    return value.get<std::uint64_t>();
}

Json objectOf(const Json& params, const char* key)
{
    const Json& value = memberOf(params, key);
    if (!value.is_object())
        fail(key, "an object");
    return value;
}

bool flagOf(const Json& params, const char* key)
{
    const Json& value = memberOf(params, key);
    if (value.is_null())
        return false;
    if (!value.is_boolean())
        fail(key, "true or false");
    return value.get<bool>();
}

std::vector<std::string> textsOf(const Json& params, const char* key)
{
    const Json& value = memberOf(params, key);
    if (!value.is_array() && !value.is_null())
        fail(key, "a list of texts");
    std::vector<std::string> texts;
    for (const Json& item : value) {
        if (!item.is_string())
            fail(key, "a list of texts");
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

std::vector<std::int64_t> numbersOf(const Json& params, const char* key, std::size_t most)
{
    const Json& value = memberOf(params, key);
    const std::string what = "a list of at most " + std::to_string(most) + " whole numbers from 0";
    if (!value.is_array() || value.size() > most)
        fail(key, what);
    std::vector<std::int64_t> numbers;
    for (const Json& item : value) {
        if (!isCount(item))
            fail(key, what);
        numbers.push_back(item.get<std::int64_t>());
    }
    return numbers;
}

} // namespace assay::engine

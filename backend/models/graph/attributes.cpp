#include "backend/models/graph/attributes.h"

#include "backend/protocol/error.h"

namespace assay::models::graph {

namespace {

[[noreturn]] void mistyped(const std::string& name, const char* what)
{
    throw Error("attribute '" + name + "' is not " + what);
}

} // namespace

const Attribute* Attributes::find(const std::string& name) const
{
    const auto found = m_values.find(name);
    return found == m_values.end() ? nullptr : &found->second;
}

const Attribute& Attributes::require(const std::string& name) const
{
    const Attribute* found = find(name);
    if (!found)
        throw Error("attribute '" + name + "' is missing");
    return *found;
}

std::int64_t Attributes::integer(const std::string& name) const
{
    const auto* value = std::get_if<std::int64_t>(&require(name));
    if (!value)
        mistyped(name, "an integer");
    return *value;
}

std::int64_t Attributes::integer(const std::string& name, std::int64_t fallback) const
{
    return has(name) ? integer(name) : fallback;
}

double Attributes::real(const std::string& name, double fallback) const
{
    const Attribute* found = find(name);
    if (!found)
        return fallback;
    if (const auto* value = std::get_if<double>(found))
        return *value;
    if (const auto* value = std::get_if<std::int64_t>(found))
        return static_cast<double>(*value);
    mistyped(name, "a number");
}

std::string Attributes::text(const std::string& name, const std::string& fallback) const
{
    const Attribute* found = find(name);
    if (!found)
        return fallback;
    const auto* value = std::get_if<std::string>(found);
    if (!value)
        mistyped(name, "a text");
    return *value;
}

std::vector<std::int64_t> Attributes::integers(const std::string& name) const
{
    const Attribute& found = require(name);
    if (const auto* value = std::get_if<std::vector<std::int64_t>>(&found))
        return *value;
    if (const auto* value = std::get_if<std::int64_t>(&found))
        return {*value};
    mistyped(name, "a list of integers");
}

std::vector<std::int64_t> Attributes::integers(const std::string& name,
                                               const std::vector<std::int64_t>& fallback) const
{
    return has(name) ? integers(name) : fallback;
}

std::vector<double> Attributes::reals(const std::string& name, const std::vector<double>& fallback) const
{
    const Attribute* found = find(name);
    if (!found)
        return fallback;
    if (const auto* value = std::get_if<std::vector<double>>(found))
        return *value;
    if (const auto* value = std::get_if<double>(found))
        return {*value};
    mistyped(name, "a list of numbers");
}

std::vector<std::string> Attributes::texts(const std::string& name) const
{
    const Attribute& found = require(name);
    const auto* value = std::get_if<std::vector<std::string>>(&found);
    if (!value)
        mistyped(name, "a list of texts");
    return *value;
}

torch::Tensor Attributes::tensor(const std::string& name) const
{
    const auto* value = std::get_if<torch::Tensor>(&require(name));
    if (!value)
        mistyped(name, "a tensor");
    return *value;
}

} // namespace assay::models::graph

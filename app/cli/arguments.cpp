#include "app/cli/arguments.h"

#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <algorithm>

namespace assay::cli {

namespace {

const Option& find(const std::string& command, const std::string& name, const std::vector<Option>& known)
{
    const auto it = std::ranges::find(known, name, &Option::name);
    if (it != known.end())
        return *it;
    std::vector<std::string> names;
    for (const Option& option : known)
        names.push_back(option.name);
    throw Error("'" + command + "' has no option '" + name + "'", {}, protocol::suggestion(name, names));
}

} // namespace

Arguments::Arguments(std::string command, const std::vector<std::string>& words,
                     const std::vector<Option>& known)
    : m_command(std::move(command))
{
    for (auto word = words.begin(); word != words.end(); ++word) {
        if (!word->starts_with("-") || *word == "-") {
            m_rest.push_back(*word);
            continue;
        }
        const auto equals = word->find('=');
        const std::string name = word->substr(0, equals);
        const Option& option = find(m_command, name, known);
        auto& values = m_options[name];
        if (!option.takesValue) {
            if (equals != std::string::npos)
                throw Error("'" + name + "' takes no value", {}, "Write '" + name + "' alone");
        } else if (equals != std::string::npos) {
            values.push_back(word->substr(equals + 1));
        } else if (word + 1 != words.end()) {
            // The next option, whose own value would then pass for a word of the rest.
            if ((word + 1)->starts_with("--"))
                throw Error("'" + name + "' needs a value, and '" + word[1] + "' is an option", {},
                            "Write '" + name + "=" + word[1] + "' if it is meant as the value");
            values.push_back(*++word);
        } else {
            throw Error("'" + name + "' needs a value", {}, "See 'assay-cli " + m_command + " --help'");
        }
    }
}

std::string Arguments::value(const std::string& option) const
{
    const auto all = values(option);
    return all.empty() ? std::string() : all.back();
}

std::vector<std::string> Arguments::values(const std::string& option) const
{
    const auto it = m_options.find(option);
    return it == m_options.end() ? std::vector<std::string>() : it->second;
}

const std::vector<std::string>& Arguments::rest(std::size_t least, std::size_t most,
                                                const std::string& what) const
{
    const std::string see = "See 'assay-cli " + m_command + " --help'";
    if (m_rest.size() < least)
        throw Error("'" + m_command + "' needs " + what, {}, see);
    if (m_rest.size() > most)
        throw Error("'" + m_rest[most] + "' is one word too many for '" + m_command + "'", {}, see);
    return m_rest;
}

} // namespace assay::cli

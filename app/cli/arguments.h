#pragma once

#include <map>
#include <string>
#include <vector>

namespace assay::cli {

struct Option
{
    std::string name; ///< with its dashes, "--set"
    bool takesValue = true;
};

/// Words of a command line sorted into options ("--name value", "--name=value", repeatable) and the rest.
class Arguments
{
public:
    /// @param command for messages, "run". @throws Error for an unknown option or a missing value. A word
    /// that begins with two dashes is a value only after an equals sign.
    Arguments(std::string command, const std::vector<std::string>& words, const std::vector<Option>& known);

    bool has(const std::string& option) const { return m_options.contains(option); }
    /// The last value given; empty when absent.
    std::string value(const std::string& option) const;
    std::vector<std::string> values(const std::string& option) const;
    /// What is no option. @throws Error unless there are between @p least and @p most of them; @p what names
    /// them.
    const std::vector<std::string>& rest(std::size_t least, std::size_t most, const std::string& what) const;

private:
    std::string m_command;
    std::map<std::string, std::vector<std::string>> m_options;
    std::vector<std::string> m_rest;
};

} // namespace assay::cli

#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace assay::models::graph {

/// What a node can be told besides its inputs. Flags are integers, types are strings or integers as the
/// dialect has them.
using Attribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>,
                               std::vector<double>, std::vector<std::string>, torch::Tensor>;

/// A node's attributes by name. Reading one under another type is an Error that names it; an integer may be
/// read as a real, and one number as a list of one.
class Attributes
{
public:
    void set(const std::string& name, Attribute value) { m_values[name] = std::move(value); }
    bool has(const std::string& name) const { return m_values.contains(name); }

    std::int64_t integer(const std::string& name) const; ///< @throws Error also when absent; so all without
    std::int64_t integer(const std::string& name, std::int64_t fallback) const;
    double real(const std::string& name, double fallback) const;
    std::string text(const std::string& name, const std::string& fallback) const;
    std::vector<std::int64_t> integers(const std::string& name) const;
    std::vector<std::int64_t> integers(const std::string& name,
                                       const std::vector<std::int64_t>& fallback) const;
    std::vector<double> reals(const std::string& name, const std::vector<double>& fallback) const;
    std::vector<std::string> texts(const std::string& name) const;
    torch::Tensor tensor(const std::string& name) const;

private:
    const Attribute* find(const std::string& name) const;
    const Attribute& require(const std::string& name) const;

    std::map<std::string, Attribute> m_values;
};

} // namespace assay::models::graph

#pragma once

#include "backend/engine/run_context.h"
#include "backend/protocol/error.h"

#include <string>
#include <vector>

namespace assay::reporting {

// Results of a study that previews read back: tensors, and one named `meta` that holds texts as JSON.

/// JSON as uint8 [bytes].
torch::Tensor jsonTensor(const Json& json);

/// Reads what a study has stored; the tensors must outlive it.
class StoredResults
{
public:
    explicit StoredResults(const engine::TensorMap& tensors)
        : m_tensors(tensors)
    {}

    bool has(const std::string& name) const { return m_tensors.contains(name); }
    /// On the CPU and contiguous. @param dimensions any number for -1.
    /// @throws Error when it is missing, or of another type or number of dimensions.
    torch::Tensor at(const std::string& name, torch::Dtype type, std::int64_t dimensions = -1) const;
    /// Calls @p read with the JSON of `meta`. @throws Error when that is malformed or lacks what is read.
    template <class Read>
    void meta(Read read) const
    {
        try {
            read(parsedMeta());
        } catch (const Json::exception& e) {
            refuseMeta(e.what());
        }
    }
    [[noreturn]] static void refuse(const std::string& name);

private:
    Json parsedMeta() const;
    [[noreturn]] static void refuseMeta(const std::string& why);

    const engine::TensorMap& m_tensors;
};

/// Position of @p wanted among @p names; @p otherwise where it is none of them.
std::size_t positionOf(const std::vector<std::string>& names, const std::string& wanted,
                       std::size_t otherwise = 0);
/// Position of the value nearest to @p wanted, the first of equals; 0 for none.
std::size_t nearestPosition(const std::vector<double>& values, double wanted);

} // namespace assay::reporting

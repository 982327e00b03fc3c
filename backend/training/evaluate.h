#pragma once

#include "backend/data/dataset.h"
#include "backend/models/model.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace assay::training {

struct Evaluated
{
    std::int64_t right = 0;
    std::int64_t count = 0; ///< images asked about: all, unless goOn ended it
    double accuracy() const
    {
        return count > 0 ? static_cast<double>(right) / static_cast<double>(count) : 0;
    }
};

/// How many of the images @p ids (int64 [N], CPU) get their label, in batches which are read ahead of their
/// use: files are decoded while the model works on the batch before, and no more than three batches are held.
/// @param goOn asked before every batch; may be empty. @throws Error naming a broken file.
Evaluated evaluate(const models::Model& model, std::shared_ptr<const data::Dataset> set, data::Split split,
                   const torch::Tensor& ids, const std::function<bool()>& goOn = {});

} // namespace assay::training

#pragma once

#include "backend/models/model.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace assay::models {

/// Makes of pixels in [0,1], RGB, what a network from outside was trained on; see InputSpec. Differentiable.
/// Immutable but for to(); safe to call from several threads.
class InputAdapter
{
public:
    /// @throws Error when mean or stddev has neither one value nor one per channel, a stddev is not above 0,
    /// or channels are to be reversed that are not three.
    explicit InputAdapter(const InputSpec& input, const std::string& where = {});

    /// (scale * x - mean) / stddev, channels reversed before when bgr; @p x itself when there is nothing to
    /// do. @param x float32 [N,C,H,W] on the adapter's device.
    torch::Tensor operator()(const torch::Tensor& x) const;
    void to(torch::Device device);
    bool isIdentity() const { return m_identity && !m_reverse; }

private:
    bool m_identity = true;
    bool m_reverse = false;
    torch::Tensor m_gain;  ///< [1,C,1,1]: scale / stddev
    torch::Tensor m_shift; ///< [1,C,1,1]: -mean / stddev
};

/// One number for each channel as float32 [1,C,1,1], to be broadcast over images.
torch::Tensor perChannel(const std::vector<double>& values);

/// Runs @p x through @p run in pieces of exactly @p batch images and joins the answers, for networks whose
/// file fixes the batch; a last short piece is filled up with copies of its last image. The whole at once for
/// batch 0. Differentiable.
torch::Tensor inBatchesOf(std::int64_t batch, const torch::Tensor& x,
                          const std::function<torch::Tensor(const torch::Tensor&)>& run);

} // namespace assay::models

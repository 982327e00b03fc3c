#pragma once

#include "backend/models/model.h"

namespace assay::transfer {

struct DecisionMapSpec
{
    double half = 4;        ///< L2 length of the plane shown from the image to each side
    std::int64_t side = 31; ///< points along each axis
};

/// Classes of two models on the plane through one image that is spanned by their loss gradients (Waseda et
/// al. 2023, figure 2): the horizontal axis is the first model's unit gradient u = G1/‖G1‖, the vertical one
/// the part of the second model's gradient that stands at a right angle to u. Points are x + a u + b v,
/// without clipping.
struct DecisionMap
{
    torch::Tensor
        first; ///< int64 [side, side] on the CPU: class by the first model; row = vertical, from -half
    torch::Tensor second;    ///< likewise by the second model
    torch::Tensor u;         ///< [1,C,H,W]: unit vector of the horizontal axis
    torch::Tensor v;         ///< likewise of the vertical one
    double cosine = 0;       ///< between the two gradients
    bool degenerate = false; ///< a gradient vanished or both are parallel: an axis is then a fixed direction
};

/// @param x [1,C,H,W] on the models' device. @param y int64 [1]: its class.
/// Deterministic. Both models must have a network.
DecisionMap decisionMap(const models::Model& first, const models::Model& second, const torch::Tensor& x,
                        const torch::Tensor& y, const DecisionMapSpec& spec = {});

/// Where another image [1,C,H,W] lies: its shadow on the plane, and how far from the plane it is.
struct PlanePoint
{
    double a = 0;
    double b = 0;
    double away = 0;
};
PlanePoint project(const DecisionMap& map, const torch::Tensor& x, const torch::Tensor& other);

} // namespace assay::transfer

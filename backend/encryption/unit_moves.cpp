#include "backend/encryption/unit_moves.h"

#include "backend/encryption/byte_kernels.h"
#include "backend/encryption/image_loop.h"

#include <ATen/core/ivalue.h>
#include <torch/autograd.h>
#include <torch/types.h>

namespace assay::encryption {

namespace {

/// forward or back, with inverted values as 1 - v or (slope) as -v.
torch::Tensor moved(const UnitMoves& moves, const torch::Tensor& images, bool back, bool slope)
{
    if (!images.device().is_cpu()) {
        const auto tables = moves.devices.on(images.device(), moves.tables);
        return (back ? tables->back : tables->moves)->units(images, slope);
    }
    const torch::Tensor in = images.contiguous();
    torch::Tensor out = torch::empty_like(in);
    const Moves& way = back ? moves.tables.back : moves.tables.moves;
    const std::int64_t values = in.size(1);
    const float* from = in.data_ptr<float>();
    float* to = out.data_ptr<float>();
    forEachPart(in.size(0), values, 1, false, [&](std::int64_t image, std::int64_t first, std::int64_t last) {
        moveUnits(from + image * values, way.source.empty() ? nullptr : way.source.data(), way.mask.data(),
                  slope, to + image * values, first, last);
    });
    return out;
}

/// What a pass leaves for the one against it.
struct HeldMoves : torch::CustomClassHolder
{
    std::shared_ptr<const UnitMoves> moves;
    bool back = false;
};

class MoveFunction : public torch::autograd::Function<MoveFunction>
{
public:
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& images,
                                 const std::shared_ptr<const UnitMoves>& moves, bool back, bool slope)
    {
        auto held = c10::make_intrusive<HeldMoves>();
        held->moves = moves;
        held->back = back;
        context->saved_data["moves"] = c10::IValue::make_capsule(std::move(held));
        return moved(*moves, images, back, slope);
    }

    /// out = sign * in[source] + offset is linear but for the offset: its gradient is the same the other way.
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients)
    {
        const auto capsule = context->saved_data["moves"].toCapsule();
        const auto& held = static_cast<const HeldMoves&>(*capsule);
        return {MoveFunction::apply(gradients.front(), held.moves, !held.back, true), torch::Tensor(),
                torch::Tensor(), torch::Tensor()};
    }
};

} // namespace

torch::Tensor moveUnitValues(const std::shared_ptr<const UnitMoves>& moves, const torch::Tensor& images)
{
    if (torch::GradMode::is_enabled() && images.requires_grad())
        return MoveFunction::apply(images, moves, false, false);
    return moved(*moves, images, false, false);
}

} // namespace assay::encryption

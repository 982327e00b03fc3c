#include "backend/models/direct/direct_function.h"

#include <ATen/core/ivalue.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

namespace assay::models::direct {

namespace {

/// What a forward pass leaves for the backward pass.
struct Recording : torch::CustomClassHolder
{
    std::shared_ptr<const DirectNetwork> network;
    torch::Tensor tape;
};

class DirectFunction : public torch::autograd::Function<DirectFunction>
{
public:
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                                 const std::shared_ptr<const DirectNetwork>& network)
    {
        auto recording = c10::make_intrusive<Recording>();
        recording->network = network;
        const torch::Tensor result = network->forward(x, &recording->tape);
        context->saved_data["recording"] = c10::IValue::make_capsule(std::move(recording));
        return result;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients)
    {
        TORCH_CHECK(!torch::GradMode::is_enabled(), "second derivatives of a model are not computed");
        const auto held = context->saved_data["recording"].toCapsule();
        const auto& recording = static_cast<const Recording&>(*held);
        return {recording.network->gradient(gradients.front(), recording.tape), torch::Tensor()};
    }
};

} // namespace

bool suits(const InputSpec& input, const torch::Tensor& x)
{
    return x.device().is_cpu() && x.scalar_type() == torch::kFloat32 && x.layout() == torch::kStrided &&
           x.dim() == 4 && x.size(1) == input.channels && x.size(2) == input.height &&
           x.size(3) == input.width;
}

torch::Tensor logits(const std::shared_ptr<const DirectNetwork>& network, const torch::Tensor& x)
{
    if (torch::GradMode::is_enabled() && x.requires_grad())
        return DirectFunction::apply(x, network);
    return network->forward(x, nullptr);
}

Taped taped(const std::shared_ptr<const DirectNetwork>& network, const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    torch::Tensor tape;
    torch::Tensor logits = network->forward(x.detach(), &tape);
    return {.logits = std::move(logits), .vjp = [network, tape](const torch::Tensor& slopes) {
                const torch::NoGradGuard still;
                return network->gradient(slopes, tape);
            }};
}

} // namespace assay::models::direct

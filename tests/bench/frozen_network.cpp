#include "frozen_network.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <stdexcept>

namespace assay::bench {

namespace {

/// What weights are called in the graph: names there have no dots.
std::string attribute(std::string name)
{
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
}

/// Lines of the function forward().
class Script
{
public:
    Script(double mean, double stddev)
    {
        line("h", "(x - " + std::to_string(mean) + ") / " + std::to_string(stddev));
    }
    void line(const std::string& to, const std::string& expression)
    {
        m_text += "    " + to + " = " + expression + "\n";
    }
    void convBn(const std::string& from, const std::string& to, const std::string& conv,
                const std::string& bn, int stride = 1, int padding = 1)
    {
        const std::string s = std::to_string(stride), p = std::to_string(padding);
        const std::string b = "self." + attribute(bn);
        line(to, "torch.conv2d(" + from + ", self." + attribute(conv) + "_weight, None, [" + s + ", " + s +
                     "], [" + p + ", " + p + "])");
        line(to, "torch.batch_norm(" + to + ", " + b + "_weight, " + b + "_bias, " + b + "_running_mean, " +
                     b + "_running_var, False, 0.1, 1e-5, True)");
    }
    void linear(const std::string& name)
    {
        line("h", "torch.linear(h, self." + name + "_weight, self." + name + "_bias)");
    }
    std::string text() const { return "def forward(self, x):\n" + m_text + "    return h\n"; }

private:
    std::string m_text;
};

void smallCnn(Script& script)
{
    for (const std::string n : {"1", "2", "3"}) {
        script.convBn("h", "h", "conv" + n, "bn" + n);
        script.line("h", "torch.max_pool2d(torch.relu(h), [2, 2])");
    }
    script.line("h", "torch.flatten(h, 1)");
    script.linear("fc");
}

void resnet(Script& script)
{
    script.convBn("h", "h", "conv1", "bn1");
    script.line("h", "torch.relu(h)");
    for (const std::string n : {"1", "2", "3"}) {
        const std::string block = "layer" + n + ".0.";
        script.convBn("h", "b", block + "conv1", block + "bn1", n == "1" ? 1 : 2);
        script.line("b", "torch.relu(b)");
        script.convBn("b", "b", block + "conv2", block + "bn2");
        if (n != "1")
            script.convBn("h", "h", block + "downsample.0", block + "downsample.1", 2, 0);
        script.line("h", "torch.relu(b + h)");
    }
    script.line("h", "torch.mean(h, [2, 3])");
    script.linear("fc");
}

void mlp(Script& script)
{
    script.line("h", "torch.flatten(h, 1)");
    for (const char* name : {"fc1", "fc2"}) {
        script.linear(name);
        script.line("h", "torch.relu(h)");
    }
    script.linear("out");
}

} // namespace

FrozenNetwork::FrozenNetwork(const models::Model& model)
    : m_module("network")
{
    const std::string& architecture = model.card().architecture;
    for (const auto& [name, tensor] : model.namedParameters())
        m_module.register_parameter(attribute(name), tensor.detach().clone(), false);
    Script script(model.card().input.mean.at(0), model.card().input.stddev.at(0));
    if (architecture == "small_cnn")
        smallCnn(script);
    else if (architecture == "resnet")
        resnet(script);
    else if (architecture == "mlp")
        mlp(script);
    else
        throw std::runtime_error("no frozen network for " + architecture);
    m_module.define(script.text());
    m_module.eval();
    m_module = torch::jit::freeze(m_module);
    m_module = torch::jit::optimize_for_inference(m_module);
}

torch::Tensor FrozenNetwork::logits(const torch::Tensor& x) const
{
    const torch::NoGradGuard off;
    return m_module.forward({x}).toTensor();
}

} // namespace assay::bench

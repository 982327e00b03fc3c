#pragma once

#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <string>

namespace assay::test {

/// A sound attack: sign steps, with a parameter.
inline const std::string kSignStep =
    "def step(self, x_adv, x, grad, momentum, i: int, step_size: float, gain: float = 1.0):\n"
    "    return x_adv + gain * step_size * grad.sign(), momentum\n";
/// The same in the other direction.
inline const std::string kBackStep =
    "def step(self, x_adv, x, grad, momentum, i: int, step_size: float, gain: float = 1.0):\n"
    "    return x_adv - gain * step_size * grad.sign(), momentum\n";
/// No attack: nothing says what `decay` is.
inline const std::string kUnsoundStep = "def step(self, x_adv, x, grad, momentum, i: int, decay: float):\n"
                                        "    return x_adv, momentum * decay\n";
inline const std::string kForward = "def forward(self, x):\n"
                                    "    return x\n";

/// Saves FOLDER/NAME.pt with these methods, written in TorchScript.
inline std::filesystem::path writeScript(const std::filesystem::path& folder, const std::string& name,
                                         const std::string& methods)
{
    std::filesystem::create_directories(folder);
    const std::filesystem::path file = folder / (name + ".pt");
    torch::jit::Module module("__torch__.Script");
    module.define(methods);
    module.save(file.string());
    return file;
}

} // namespace assay::test

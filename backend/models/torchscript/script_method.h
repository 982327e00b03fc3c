#pragma once

#include "backend/models/torchscript/script_lowering.h"
#include "backend/models/torchscript/script_program.h"

#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace assay::models {

/// Loads a script from outside onto the CPU, in eval mode, after checkScriptArchive() looked it through.
/// Nothing of it is run. @throws Error for a file that is no sound TorchScript.
torch::jit::Module loadScript(const std::filesystem::path& file);

/// One argument of a script's method, in order, the module left out.
struct ScriptArgument
{
    std::string name;
    c10::TypePtr type;
    std::optional<c10::IValue> defaultValue;
};

/// A method of a script from outside as a function: what lowerMethod() lets through, run by ScriptProgram on
/// the device that the arguments are on. Immutable to its users; call() is safe from several threads at once.
class ScriptMethod
{
public:
    /// @throws Error as lowerMethod().
    ScriptMethod(const torch::jit::Module& module, const std::string& name, const std::string& where);

    const std::vector<ScriptArgument>& arguments() const { return m_arguments; }

    /// What the method answers; a tuple comes apart. A tensor that it writes into is copied before, so that
    /// the caller's stays as it is. Gradients flow as the caller's mode says.
    /// @throws Error naming the file and the method with the sentence of what failed, or that it took too
    /// long.
    std::vector<c10::IValue> call(std::vector<c10::IValue> arguments, torch::Device device,
                                  const ScriptLimit& limit) const;

private:
    /// The program with the script's tensors, on one device.
    struct Loaded
    {
        ScriptProgram program;
        std::vector<torch::Tensor> tensors;
    };
    std::shared_ptr<const Loaded> on(torch::Device device) const;

    std::string m_name;
    std::string m_where;
    LoweredScript m_script;
    std::vector<ScriptArgument> m_arguments;
    mutable std::mutex m_mutex; ///< guards m_loaded
    mutable std::map<std::string, std::shared_ptr<const Loaded>> m_loaded;
};

} // namespace assay::models

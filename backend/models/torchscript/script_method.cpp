#include "backend/models/torchscript/script_method.h"

#include "backend/models/torchscript/script_archive.h"
#include "backend/protocol/error.h"

#include <torch/csrc/jit/serialization/import.h>
#include <torch/types.h>

namespace assay::models {

torch::jit::Module loadScript(const std::filesystem::path& file)
{
    const std::string where = file.string();
    checkScriptArchive(file);
    try {
        torch::jit::Module module = torch::jit::load(where, torch::kCPU);
        module.eval();
        return module;
    } catch (const std::exception& error) {
        throw Error(
            "cannot be loaded as TorchScript: " + scriptSentence(error), where,
            "Save the network again with torch.jit.save, with a PyTorch no newer than this program's.");
    }
}

ScriptMethod::ScriptMethod(const torch::jit::Module& module, const std::string& name,
                           const std::string& where)
    : m_name(name)
    , m_where(where)
    , m_script(lowerMethod(module, name, where))
{
    const auto& arguments = module.get_method(name).function().getSchema().arguments();
    for (auto argument = arguments.begin() + 1; argument != arguments.end(); ++argument)
        m_arguments.push_back({argument->name(), argument->type(), argument->default_value()});
}

std::vector<c10::IValue> ScriptMethod::call(std::vector<c10::IValue> arguments, torch::Device device,
                                            const ScriptLimit& limit) const
{
    const std::shared_ptr<const Loaded> loaded = on(device);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i].isTensor() && m_script.writtenArguments[i])
            arguments[i] = arguments[i].toTensor().clone();
    }
    for (std::size_t i = 0; i < loaded->tensors.size(); ++i) {
        const torch::Tensor& tensor = loaded->tensors[i];
        arguments.emplace_back(m_script.tensors[i].written ? tensor.clone() : tensor);
    }
    try {
        std::vector<c10::IValue> answer = loaded->program.run(std::move(arguments), limit);
        if (answer.size() == 1 && answer.front().isTuple())
            return answer.front().toTupleRef().elements().vec();
        return answer;
    } catch (const Error& error) {
        throw Error("'" + m_name + "' failed: " + error.happened(), m_where, error.mend());
    }
}

std::shared_ptr<const ScriptMethod::Loaded> ScriptMethod::on(torch::Device device) const
{
    const std::lock_guard lock(m_mutex);
    std::shared_ptr<const Loaded>& known = m_loaded[device.str()];
    if (!known) {
        std::vector<torch::Tensor> tensors;
        for (const ScriptTensor& tensor : m_script.tensors)
            tensors.push_back(tensor.value.to(device));
        known = std::make_shared<const Loaded>(
            Loaded{ScriptProgram(*m_script.graph, device), std::move(tensors)});
    }
    return known;
}

} // namespace assay::models

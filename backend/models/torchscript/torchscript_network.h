#pragma once

#include "backend/models/detection/answer_layout.h"
#include "backend/models/detection/output_layout.h"
#include "backend/models/formats/normalisation.h"
#include "backend/models/input_adapter.h"
#include "backend/models/model.h"
#include "backend/models/torchscript/script_lowering.h"
#include "backend/models/torchscript/script_program.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assay::models {

/// How the answer of a script is read; in the options of its card.
struct ScriptOptions
{
    std::string output; ///< which part of a tuple ("1") or dict ("logits"); "": the answer is a tensor
    bool probabilities = false; ///< rows are probabilities, of which the logarithm is taken
    std::int64_t batch = 0;     ///< images that the script insists on at a time; 0: any number
    /// Of a detector: names the parts of a tuple or dict that are joined to its answer.
    std::optional<OutputLayout> layout;
    bool operator==(const ScriptOptions&) const = default;
};

/// Reads a script from @p file, which has been looked through first, in eval mode, on the CPU.
/// @throws Error for a file that is no sound TorchScript; see checkScriptArchive() and lowerScript().
LoweredScript openScript(const std::filesystem::path& file);

/// A classifier or detector that came as TorchScript. Its tensors are registered under their dotted names, so
/// that they follow the network's device and can be edited in a copy; the code runs on ScriptProgram.
/// forward() may be called from several threads at once.
class TorchScriptNetwork final : public Network
{
public:
    /// @param where names the file in messages. @throws Error for options that cannot be.
    TorchScriptNetwork(LoweredScript script, InputSpec input, ScriptOptions options, std::string where);

    torch::Tensor forward(const torch::Tensor& x, const TapSink* sink = nullptr) override;
    std::vector<std::string> taps() const override { return m_script.taps; }
    /// Every parameter and buffer by its dotted name, but for counters of batches.
    NamedTensors persistent() const override;
    std::shared_ptr<Network> copy() const override;
    /// Makes the tensors constants and folds batch normalisation, and compares the outputs on two random
    /// images of the card's size. Where they differ by more than 1e-3 of the largest, where the network is
    /// random or it fails, the network stays as it is; see folded().
    void fold() override;
    bool folded() const { return m_folded; }

    void to(torch::Device device, torch::Dtype dtype, bool nonBlocking = false) override;
    void to(torch::Dtype dtype, bool nonBlocking = false) override;
    void to(torch::Device device, bool nonBlocking = false) override;

    /// Parameters, without buffers.
    std::int64_t parameterCount() const;
    /// What the script answers to @p x as it is: no InputSpec, no logarithm. Each tensor with its place in
    /// the answer: "" for a plain tensor, "1" in a tuple, "logits" in a dict.
    AnswerParts answer(const torch::Tensor& x) const;
    /// The part of answer() that the options name, or a detector's joined parts. @throws Error when it is not
    /// there.
    torch::Tensor rawOutput(const torch::Tensor& x) const;

    /// What reaches the first convolution or fully connected layer for x as it is; nullopt without one.
    std::optional<TensorFunction> firstLayerInput() const;

    struct FirstNorm
    {
        TensorFunction input;
        torch::Tensor runningMean;
        torch::Tensor runningVar;
    };
    /// The batch normalisation fed by the first convolution, where there is one.
    std::optional<FirstNorm> firstNorm() const;

private:
    struct Answer
    {
        c10::IValue result;
        std::vector<c10::IValue> taps;
    };

    void registerTensors();
    void takeLogarithm();
    void follow(torch::Device device);
    void compile();
    Answer run(const ScriptProgram& program, const torch::Tensor& x) const;
    TensorFunction valueOf(torch::jit::Value* value) const;
    torch::Tensor logits(const torch::Tensor& output) const;
    torch::Tensor picked(const c10::IValue& result) const;
    torch::Device device() const;

    LoweredScript m_script;
    std::shared_ptr<torch::jit::Graph> m_frozen; ///< what runs once folded
    bool m_folded = false;
    InputSpec m_input;
    ScriptOptions m_options;
    std::string m_where;
    InputAdapter m_adapter;
    std::shared_ptr<const ScriptProgram> m_plain;
    std::shared_ptr<const ScriptProgram> m_tapped;
};

} // namespace assay::models

#include "backend/models/state_dict/state_dict_format.h"

#include "backend/models/architectures/architectures.h"
#include "backend/models/files/mapped_file.h"
#include "backend/models/files/printable.h"
#include "backend/models/files/pth_file.h"
#include "backend/models/files/safetensors.h"
#include "backend/models/files/zip_archive.h"
#include "backend/models/formats/input_probe.h"
#include "backend/models/initialise.h"
#include "backend/models/model_file.h"
#include "backend/models/state_dict/architecture_choice.h"
#include "backend/models/state_dict/weight_names.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::models {

namespace {

namespace fs = std::filesystem;
using Level = protocol::Finding::Level;

constexpr std::size_t kLengthBytes = 8;
constexpr std::int64_t kImageNetClasses = 1000;
constexpr std::int64_t kMostNumbered = 100'000; ///< classes; no network may have more

/// Eight bytes of length, the rest of the head for the header's opening brace.
bool looksLikeSafetensors(const fs::path& file, std::span<const std::uint8_t> head)
{
    if (head.size() <= kLengthBytes || head[kLengthBytes] != '{')
        return false;
    std::uint64_t length = 0;
    for (std::size_t i = kLengthBytes; i-- > 0;)
        length = length << 8 | head[i];
    std::error_code code;
    const std::uint64_t size = fs::file_size(file, code);
    return !code && size > kLengthBytes && length <= size - kLengthBytes;
}

bool hasEnding(const fs::path& file, std::initializer_list<std::string_view> endings)
{
    std::string ending = file.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

/// Damaged files are told by their ending, so that the user reads what is wrong with them.
bool recognises(const fs::path& file, std::span<const std::uint8_t> head)
{
    if (looksLikeSafetensors(file, head) || looksLikeLegacyPth(head))
        return true;
    const bool ours = hasEnding(file, {".pth", ".pt", ".ckpt", ".safetensors"});
    if (!ZipArchive::looksLike(head))
        return ours;
    try {
        const auto mapped = MappedFile::open(file);
        const PthKind kind = pthKind(ZipArchive(mapped->bytes(), file.string()));
        return kind == PthKind::StateDict;
    } catch (const Error&) {
        return ours;
    }
}

/// The tensors under our architectures' names, and everything worth saying about how they were found.
TensorFile readWeights(const fs::path& file)
{
    const auto head = [&] {
        const auto mapped = MappedFile::open(file);
        const auto bytes = mapped->bytes();
        return bytes.size() > kLengthBytes && !ZipArchive::looksLike(bytes) && !looksLikeLegacyPth(bytes) &&
               (bytes[kLengthBytes] == '{' || hasEnding(file, {".safetensors"}));
    };
    TensorFile weights = head() ? readSafetensors(file) : readPth(file);
    CanonicalWeights canonical = canonicalWeights(std::move(weights.tensors));
    weights.tensors = std::move(canonical.tensors);
    weights.findings.insert(weights.findings.end(), canonical.findings.begin(), canonical.findings.end());
    return weights;
}

Json typeCounts(const NamedTensors& tensors)
{
    std::map<std::string, int> counts;
    for (const auto& entry : tensors)
        ++counts[c10::toString(entry.second.scalar_type())];
    return Json(counts);
}

/// Builds one import, step by step.
class Inspection
{
public:
    Inspection(const fs::path& file, const ModelCorrections& corrections)
        : m_corrections(corrections)
        , m_weights(readWeights(file))
        , m_where(file.string())
    {
        ModelCard& card = m_import.card;
        card.format = kStateDictFormat.name;
        card.file = file.string();
        card.name = corrections.name.value_or(file.stem().string());
        card.title = corrections.title.value_or(card.name);
        card.dataset = corrections.dataset.value_or("");
    }

    ModelImport run()
    {
        m_import.findings = m_weights.findings;
        add(nonFiniteFindings(m_weights.tensors));
        m_import.details["tensors"] = m_weights.tensors.size();
        m_import.details["types"] = typeCounts(m_weights.tensors);
        m_choice = chooseArchitecture(m_weights.tensors, m_corrections);
        m_import.card.architecture = m_choice.guess.architecture;
        m_import.card.options = m_choice.guess.options;
        if (m_choice.guess.architecture.empty()) {
            sayUnknown();
            return std::move(m_import);
        }
        nameClasses();
        askForSize();
        describeInput();
        judgeMatch();
        return std::move(m_import);
    }

private:
    void say(Level level, std::string text) { m_import.findings.push_back({level, std::move(text)}); }

    void add(const protocol::Findings& findings)
    {
        m_import.findings.insert(m_import.findings.end(), findings.begin(), findings.end());
    }

    void sayUnknown()
    {
        std::string known;
        for (const std::string& name : architectureNames())
            known += (known.empty() ? "" : ", ") + name;
        std::string first;
        for (std::size_t i = 0; i < std::min<std::size_t>(3, m_weights.tensors.size()); ++i)
            first += (i == 0 ? "'" : ", '") + printable(m_weights.tensors[i].first, 60) + "'";
        say(Level::Problem,
            "The names of the tensors (" + first +
                ", ...) are not those of any known architecture; set architecture to one of " + known +
                ", or export the network as TorchScript or ONNX.");
        m_import.asks.emplace_back("architecture");
    }

    void nameClasses()
    {
        std::vector<std::string>& names = m_import.card.classes;
        const std::int64_t count = std::min(m_choice.guess.classes, kMostNumbered);
        if (m_corrections.classes) {
            names = *m_corrections.classes;
            if (count > 0 && static_cast<std::int64_t>(names.size()) != count)
                say(Level::Problem, "The last layer has " + std::to_string(count) + " classes, but " +
                                        std::to_string(names.size()) +
                                        " names were given; give one name for each class.");
            return;
        }
        for (std::int64_t i = 0; i < count; ++i)
            names.push_back(std::to_string(i));
        if (count == 0)
            m_import.asks.emplace_back("classes");
    }

    void askForSize()
    {
        const ArchitectureGuess& guess = m_choice.guess;
        m_import.card.input = m_choice.input;
        const auto ask = [&](const char* field, bool given, std::int64_t known) {
            if (!given && known == 0)
                m_import.asks.emplace_back(field);
        };
        ask("channels", m_corrections.channels.has_value(), guess.channels);
        ask("height", m_corrections.height.has_value(), guess.height);
        ask("width", m_corrections.width.has_value(), guess.width);
        if (guess.height == 0 && !(m_corrections.height && m_corrections.width))
            say(Level::Info, "The weights do not tell the size of the images; " +
                                 std::to_string(m_choice.input.height) + " x " +
                                 std::to_string(m_choice.input.width) +
                                 " is proposed. Set height and width to those of the training.");
    }

    /// One value serves for all channels.
    std::vector<double> perChannel(const std::vector<double>& values) const
    {
        const auto channels = static_cast<std::size_t>(m_choice.input.channels);
        return values.size() == 1 ? std::vector<double>(channels, values[0]) : values;
    }

    void describeInput()
    {
        InputSpec& input = m_import.card.input;
        const bool given = m_corrections.mean || m_corrections.stddev || m_corrections.scale;
        if (!given && m_choice.guess.classes == kImageNetClasses && input.channels == 3) {
            const auto& candidates = normalisationCandidates(3);
            const auto usual = std::find_if(candidates.begin(), candidates.end(),
                                            [](const auto& known) { return known.name == "ImageNet"; });
            if (usual != candidates.end()) {
                input.mean = usual->mean;
                input.stddev = usual->stddev;
                say(Level::Info,
                    "With 1000 classes it is taken to be a network for ImageNet: " + describe(*usual) +
                        ". Set mean and stddev if it was trained with others.");
            }
        }
        input.mean = perChannel(m_corrections.mean.value_or(input.mean));
        input.stddev = perChannel(m_corrections.stddev.value_or(input.stddev));
        input.scale = m_corrections.scale.value_or(1.0);
        input.bgr = m_corrections.bgr.value_or(false);
    }

    void judgeMatch()
    {
        const std::string& architecture = m_choice.guess.architecture;
        if (!m_choice.network) {
            say(Level::Problem, "No network can be made for these weights: " + m_choice.problem);
            return;
        }
        m_import.details.update(m_choice.match.details());
        m_import.card.parameters = parameterCount(*m_choice.network);
        if (!m_choice.match.fits()) {
            say(Level::Problem, "The weights do not fit " + architecture + ": " + m_choice.match.sentence() +
                                    ". Choose another architecture or other options, or save the whole "
                                    "state_dict.");
            return;
        }
        say(Level::Info, "The weights are those of " + architecture + ": all " +
                             std::to_string(m_choice.network->persistent().size()) + " tensors fit.");
        if (!m_choice.others.empty())
            say(Level::Info,
                "They fit " + m_choice.others.front() + " as well; set architecture if that is meant.");
        probe();
    }

    /// Runs the network, to see whether its answers and its pixels make sense.
    void probe()
    {
        loadWeights(*m_choice.network, std::move(m_weights.tensors), m_where);
        m_choice.network->eval();
        for (torch::Tensor& parameter : m_choice.network->parameters())
            parameter.requires_grad_(false);
        ProbeTarget target;
        target.run = [this](const torch::Tensor& x) { return m_choice.network->forward(x); };
        target.weights = m_choice.network->persistent();
        addFirstNorm(target);
        const InputSpec& input = m_import.card.input;
        ModelCorrections known = m_corrections;
        known.channels = input.channels;
        known.height = input.height;
        known.width = input.width;
        known.mean = input.mean;
        known.stddev = input.stddev;
        const InputContract contract = probeInput(target, known);
        add(contract.findings);
        m_import.details["input"] = contract.details;
    }

    /// The statistics of a norm tell what its convolution was fed in training, whatever the stride. Of a
    /// ConvMixer they do not, since GELU lies between.
    void addFirstNorm(ProbeTarget& target) const
    {
        const auto first = std::find_if(target.weights.begin(), target.weights.end(),
                                        [](const auto& entry) { return entry.second.dim() == 4; });
        if (first == target.weights.end() || m_choice.guess.architecture.starts_with("convmixer"))
            return;
        const torch::Tensor weight = first->second;
        const auto find = [&](const char* ending) {
            return std::find_if(target.weights.begin(), target.weights.end(), [&](const auto& entry) {
                return entry.first.ends_with(ending) && entry.second.size(0) == weight.size(0);
            });
        };
        const auto mean = find("running_mean");
        const auto variance = find("running_var");
        if (mean == target.weights.end() || variance == target.weights.end())
            return;
        const auto next = std::next(first);
        const bool biased =
            next != target.weights.end() && next->first.ends_with("bias") &&
            next->first.substr(0, next->first.size() - 4) == first->first.substr(0, first->first.size() - 6);
        const torch::Tensor bias = biased ? next->second : torch::Tensor();
        target.runningMean = mean->second;
        target.runningVar = variance->second;
        target.firstNormInput = [weight, bias](const torch::Tensor& x) {
            return torch::conv2d(x, weight, bias);
        };
    }

    const ModelCorrections& m_corrections;
    TensorFile m_weights;
    std::string m_where;
    ArchitectureChoice m_choice;
    ModelImport m_import;
};

ModelImport inspect(const fs::path& file, const ModelCorrections& corrections)
{
    return Inspection(file, corrections).run();
}

std::shared_ptr<Network> load(const ModelCard& card, const fs::path& file)
{
    auto network = makeNetwork(card.architecture, card.options, card.input,
                               static_cast<std::int64_t>(card.classes.size()));
    loadWeights(*network, readWeights(file).tensors, file.string());
    network->eval();
    return network;
}

} // namespace

const ModelFormat kStateDictFormat = {
    .name = "state_dict",
    .title = "PyTorch state_dict",
    .recognises = recognises,
    .inspect = inspect,
    .load = load,
};

} // namespace assay::models

#include "backend/models/formats/input_probe.h"

#include "backend/models/detection/coco_names.h"
#include "backend/models/formats/input_search.h"
#include "backend/models/formats/inside_normalisation.h"
#include "backend/models/input_adapter.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace assay::models {

namespace {

using Level = protocol::Finding::Level;

std::string shortNumber(double value)
{
    char text[32];
    std::snprintf(text, sizeof(text), "%.3g", value);
    return text;
}

std::string shape(const InputSpec& input)
{
    return std::to_string(input.channels) + " x " + std::to_string(input.height) + " x " +
           std::to_string(input.width);
}

NormalisationCandidate candidateOf(const InputSpec& input)
{
    return {
        .name = "given", .mean = input.mean, .stddev = input.stddev, .scale = input.scale, .bgr = input.bgr};
}

bool normalisationGiven(const ModelCorrections& corrections)
{
    const NormalisationCandidate given{.name = "given",
                                       .mean = corrections.mean.value_or(std::vector<double>{0.0}),
                                       .stddev = corrections.stddev.value_or(std::vector<double>{1.0}),
                                       .scale = corrections.scale.value_or(1.0)};
    return !isIdentity(given);
}

class Probe
{
public:
    Probe(const ProbeTarget& target, const ModelCorrections& corrections)
        : m_target(target)
        , m_corrections(corrections)
    {}

    InputContract run()
    {
        m_contract.detects = m_target.classesOf != nullptr;
        findInput();
        correctNormalisation();
        const InputAdapter checked(m_contract.input);
        if (m_found) {
            lookInside();
            m_adapter.emplace(m_contract.input);
            tryAnswers();
            tryGradient();
            compareStatistics();
        }
        describeInput();
        return std::move(m_contract);
    }

private:
    void say(Level level, std::string text) { m_contract.findings.push_back({level, std::move(text)}); }

    void findInput()
    {
        const InputSearch search = searchInput(m_target, m_corrections);
        InputSpec& input = m_contract.input;
        m_found = search.found.has_value();
        if (m_found) {
            input.channels = search.found->channels;
            input.height = search.found->height;
            input.width = search.found->width;
            m_contract.batch = search.found->batch;
            m_contract.sizeFree = search.found->sizeFree;
            if (m_contract.sizeFree)
                say(Level::Info, "the network takes images of several sizes; " + shape(input) +
                                     " is assumed. Set height and width to those it was trained on.");
            if (m_contract.batch > 0)
                say(Level::Info, "the network takes exactly " + std::to_string(m_contract.batch) +
                                     " images at a time, so that it is slower than it could be.");
            return;
        }
        const bool given = m_corrections.channels && m_corrections.height && m_corrections.width;
        if (given)
            say(Level::Problem, "the network does not take images of " +
                                    std::to_string(*m_corrections.channels) + " x " +
                                    std::to_string(*m_corrections.height) + " x " +
                                    std::to_string(*m_corrections.width) + ": " + search.failure);
        else
            say(Level::Warning, "no usual size of image runs through the network; give channels, height and "
                                "width. The last attempt said: " +
                                    search.failure);
        for (const char* field : {"channels", "height", "width"})
            m_contract.asks.emplace_back(field);
        input.channels = m_corrections.channels.value_or(3);
        input.height = m_corrections.height.value_or(224);
        input.width = m_corrections.width.value_or(224);
    }

    void correctNormalisation()
    {
        InputSpec& input = m_contract.input;
        input.mean = m_corrections.mean.value_or(input.mean);
        input.stddev = m_corrections.stddev.value_or(input.stddev);
        input.scale = m_corrections.scale.value_or(input.scale);
        input.bgr = m_corrections.bgr.value_or(input.bgr);
    }

    void lookInside()
    {
        if (!m_target.firstLayerInput)
            return;
        const InputSpec& input = m_contract.input;
        try {
            m_contract.inside =
                insideNormalisation(m_target.firstLayerInput, input.channels, input.height, input.width);
        } catch (const std::exception&) {
            return; // the layer cannot be reached with one image; the statistics below may still tell
        }
        if (!m_contract.inside || isIdentity(*m_contract.inside))
            return;
        const NormalisationCandidate& inside = *m_contract.inside;
        if (takesBytes(inside)) {
            if (!m_corrections.scale)
                m_contract.input.scale = 255;
            say(Level::Info, "the network takes pixels of 0 .. 255 and makes them ready itself (" +
                                 describe(inside) + "); scale is " + shortNumber(m_contract.input.scale) +
                                 ".");
            if (m_contract.input.scale == 1)
                say(Level::Warning, "pixels of 0 .. 1 are nearly black to this network. Set scale to 255.");
        } else {
            say(Level::Info, "the network makes its pixels ready itself (" + describe(inside) +
                                 "); it is given them as they are.");
        }
        const bool twice = m_corrections.mean || m_corrections.stddev;
        if (twice && normalisationGiven(m_corrections))
            say(Level::Warning,
                "this network subtracts " + listed(inside.mean) +
                    " itself; mean and stddev given again would normalise twice. Leave mean at 0 "
                    "and stddev at 1.");
    }

    torch::Tensor ready(const torch::Tensor& x) const { return (*m_adapter)(x); }

    torch::Tensor answer(const torch::Tensor& x) const
    {
        return inBatchesOf(m_contract.batch, ready(x), m_target.run);
    }

    void tryAnswers()
    {
        const torch::NoGradGuard off;
        const InputSpec& input = m_contract.input;
        const torch::Tensor images = randomImages(2, input.channels, input.height, input.width);
        const torch::Tensor both = answer(images);
        m_contract.classes = m_contract.detects ? m_target.classesOf(both) : both.size(1);
        if (m_contract.classes < 2 && !m_contract.detects)
            say(Level::Problem,
                "the network gives one number to each image; a classifier gives one to each of at "
                "least two classes. Export one that does.");
        if (!both.isfinite().all().item<bool>()) {
            say(Level::Problem, "the network's answers are not all finite numbers. Check its weights.");
            return;
        }
        const double size = both.abs().max().item<double>();
        const auto differ = [&](const torch::Tensor& a, const torch::Tensor& b) {
            return (a - b).abs().max().item<double>() > 1e-4 * size + 1e-6;
        };
        m_contract.random = differ(both, answer(images));
        if (m_contract.random)
            say(Level::Warning,
                "the same images give different answers each time: dropout was probably left on. "
                "Export the network again after model.eval().");
        else if (m_contract.batch == 0) {
            const torch::Tensor single =
                torch::cat({answer(images.narrow(0, 0, 1)), answer(images.narrow(0, 1, 1))});
            m_contract.batchDependent = differ(both, single);
            if (m_contract.batchDependent)
                say(Level::Warning,
                    "an image's answer depends on the other images of its batch: batch normalisation "
                    "was probably left in training mode. Export the network again after "
                    "model.eval().");
        }
        if (m_contract.detects)
            return;
        const bool rows =
            both.ge(0).all().item<bool>() && (both.sum(1) - 1).abs().max().item<double>() < 1e-3;
        m_contract.probabilities = rows && m_contract.classes > 1;
        if (m_contract.probabilities)
            say(Level::Info, "the network's answers are probabilities; their logarithm is taken as logits.");
    }

    void tryGradient()
    {
        const InputSpec& input = m_contract.input;
        const torch::AutoGradMode on(true);
        bool reached = false;
        try {
            const torch::Tensor x =
                randomImages(2, input.channels, input.height, input.width).requires_grad_(true);
            const torch::Tensor output = answer(x);
            if (output.requires_grad()) {
                const auto gradients =
                    torch::autograd::grad({m_contract.detects ? output.sum() : output.select(1, 0).sum()},
                                          {x}, {}, false, false, true);
                reached = gradients[0].defined() && gradients[0].ne(0).any().item<bool>();
            }
        } catch (const std::exception&) {
            reached = false;
        }
        if (!reached)
            say(Level::Warning,
                "no gradient reaches the pixels, so that attacks by gradient cannot work. Export the "
                "network without torch.no_grad, rounding and quantisation.");
    }

    void sayNothingShows()
    {
        const std::string text = "nothing in the file shows how pixels were made ready in training; they are "
                                 "given as 0 .. 1. ";
        if (m_contract.detects)
            say(Level::Warning, text +
                                    "A network made for 0 .. 255 finds nothing then: look at its boxes, or "
                                    "set scale to 255.");
        else
            say(Level::Info, text + "Compare the accuracy with the one you know.");
    }

    bool statisticsKnown() const
    {
        if (!m_target.firstNormInput || !m_target.runningMean.defined() || !m_target.runningVar.defined())
            return false;
        // A norm that never saw data has mean 0 and variance 1 and tells nothing.
        return m_target.runningMean.ne(0).any().item<bool>();
    }

    void compareStatistics()
    {
        const InputSpec& input = m_contract.input;
        const bool known = m_contract.inside && !isIdentity(*m_contract.inside);
        std::vector<NormalisationFit> fits;
        try {
            if (statisticsKnown())
                fits = fitNormalisations(m_target.firstNormInput, m_target.runningMean, m_target.runningVar,
                                         candidateOf(input), input.channels, input.height, input.width);
        } catch (const std::exception&) {
            fits.clear();
        }
        if (fits.empty()) {
            if (!known && !normalisationGiven(m_corrections))
                sayNothingShows();
            return;
        }
        for (const NormalisationFit& fit : fits)
            m_contract.details["fits"].push_back({{"name", fit.candidate.name}, {"misfit", fit.misfit}});
        judgeFits(fits);
    }

    void judgeFits(const std::vector<NormalisationFit>& fits)
    {
        constexpr double kFar = 0.5; ///< of a deviation: more than photographs of another kind make
        const auto given = std::ranges::find_if(
            fits, [](const NormalisationFit& fit) { return fit.candidate.name == "given"; });
        const NormalisationFit& best = fits.front();
        const bool far = given->misfit > best.misfit + kFar && given->misfit > 2 * best.misfit;
        if (far)
            say(Level::Warning,
                "the network's first batch normalisation does not fit pixels made ready this way "
                "(misfit " +
                    shortNumber(given->misfit) + "); it fits '" + best.candidate.name + "' better (" +
                    shortNumber(best.misfit) + "). Set " + describe(best.candidate) +
                    " if that is how it was trained.");
        else
            say(Level::Info,
                "the network's first batch normalisation agrees with pixels made ready this way (misfit " +
                    shortNumber(given->misfit) + ", at best " + shortNumber(best.misfit) + ").");
    }

    void describeInput()
    {
        const InputSpec& input = m_contract.input;
        m_contract.details["channels"] = input.channels;
        m_contract.details["height"] = input.height;
        m_contract.details["width"] = input.width;
        m_contract.details["size"] = m_contract.sizeFree ? "free" : "fixed";
        m_contract.details["output"] = m_contract.detects         ? "boxes"
                                       : m_contract.probabilities ? "probabilities"
                                                                  : "logits";
        if (m_contract.inside)
            m_contract.details["inside"] =
                isIdentity(*m_contract.inside) ? "pixels as they are" : describe(*m_contract.inside);
    }

    const ProbeTarget& m_target;
    const ModelCorrections& m_corrections;
    InputContract m_contract;
    std::optional<InputAdapter> m_adapter;
    bool m_found = false;
};

/// A detector of 80 classes was trained on COCO, unless somebody says otherwise.
bool wantsCocoNames(const InputContract& contract, const ModelCorrections& corrections)
{
    return contract.detects && contract.classes == static_cast<std::int64_t>(cocoNames().size()) &&
           corrections.classNames.value_or(kCocoClassNames) == kCocoClassNames;
}

std::vector<std::string> classNames(const InputContract& contract, const ModelCorrections& corrections,
                                    ModelImport& import)
{
    const auto count = static_cast<std::size_t>(contract.classes);
    if (corrections.classes) {
        if (count > 0 && corrections.classes->size() != count)
            import.findings.push_back(
                {Level::Problem, "the network has " + std::to_string(count) + " classes, but " +
                                     std::to_string(corrections.classes->size()) +
                                     " names were given. Give one name for each class."});
        return *corrections.classes;
    }
    if (wantsCocoNames(contract, corrections))
        return cocoNames();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i)
        names.push_back(std::to_string(i));
    return names;
}

} // namespace

InputContract probeInput(const ProbeTarget& target, const ModelCorrections& corrections)
{
    return Probe(target, corrections).run();
}

void applyContract(const InputContract& contract, const ModelCorrections& corrections, ModelImport& import)
{
    import.card.input = contract.input;
    import.findings.insert(import.findings.end(), contract.findings.begin(), contract.findings.end());
    import.asks.insert(import.asks.end(), contract.asks.begin(), contract.asks.end());
    import.card.classes = classNames(contract, corrections, import);
    if (!corrections.classes && !corrections.classNames && wantsCocoNames(contract, corrections))
        import.findings.push_back(
            {Level::Info, "80 classes are taken to be those of COCO. Give their names if they are others."});
    if (contract.probabilities)
        import.card.options["probabilities"] = true;
    if (contract.batch > 0)
        import.card.options["batch"] = contract.batch;
    import.details["input"] = contract.details;
}

} // namespace assay::models

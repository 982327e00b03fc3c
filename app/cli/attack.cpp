#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress_view.h"
#include "app/cli/quiet_listener.h"
#include "backend/arrays/npy_write.h"
#include "backend/attacks/registry.h"
#include "backend/engine/devices.h"
#include "backend/engine/engine.h"
#include "backend/engine/files.h"
#include "backend/engine/provenance.h"
#include "backend/metrics/rates.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <torch/types.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace assay::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMebi = 1024 * 1024;

/// The whole text as a number. @throws Error naming the option.
template <class Number>
Number numberOf(const Arguments& arguments, const char* option, Number otherwise, const char* what)
{
    if (!arguments.has(option))
        return otherwise;
    const std::string text = arguments.value(option);
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || text.empty())
        throw Error("'" + text + "' is not " + what, option);
    return number;
}

std::int64_t countOf(const Arguments& arguments, const char* option, std::int64_t otherwise)
{
    const auto count = numberOf<std::int64_t>(arguments, option, otherwise, "a whole number");
    if (arguments.has(option) && count < 1)
        throw Error("is " + std::to_string(count) + "; it must be at least 1", option);
    return count;
}

Json parametersOf(const Arguments& arguments, const attacks::AttackInfo& info)
{
    Json values = Json::object();
    for (const std::string& assignment : arguments.values("--set")) {
        const auto equals = assignment.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error("'" + assignment + "' is no assignment", "--set", "Write it as parameter=value");
        const std::string name = assignment.substr(0, equals);
        const protocol::Field* field = info.parameters.find(name);
        if (!field) {
            std::vector<std::string> known;
            for (const auto& each : info.parameters.fields)
                known.push_back(each.name);
            throw Error("'" + name + "' is no parameter of " + info.id, "--set",
                        protocol::suggestion(name, known));
        }
        values[name] = protocol::parseValue(*field, assignment.substr(equals + 1));
    }
    return values;
}

/// The class that --targeted names; -1: the class after each image's own.
std::int64_t targetOf(const std::string& word, const std::vector<std::string>& classes)
{
    if (word == "next")
        return -1;
    if (const auto named = std::ranges::find(classes, word); named != classes.end())
        return named - classes.begin();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const auto count = static_cast<std::int64_t>(classes.size());
    if (error == std::errc() && end == word.data() + word.size() && number >= 0 && number < count)
        return number;
    std::vector<std::string> known = classes;
    known.emplace_back("next");
    throw Error("'" + word + "' is no class", "--targeted", protocol::suggestion(word, known));
}

std::string percent(const metrics::Rate& rate)
{
    char buffer[128];
    std::snprintf(buffer, sizeof buffer, "%.1f %% (%lld of %lld", 100 * rate.value,
                  static_cast<long long>(rate.count), static_cast<long long>(rate.n));
    return buffer;
}

/// "accuracy  93.0 % (93 of 100 images, 95 % interval 86.3 .. 96.6 %)"
void printRate(const char* name, const torch::Tensor& hits, const torch::Tensor& among, const char* what)
{
    const std::int64_t n = among.sum().item<std::int64_t>();
    if (n == 0) {
        std::printf("%-18s none of the images is %s\n", name, what);
        return;
    }
    const metrics::Rate rate = metrics::wilson(hits.logical_and(among).sum().item<std::int64_t>(), n);
    std::printf("%-18s %s %s; 95 %% interval %.1f .. %.1f %%)\n", name, percent(rate).c_str(), what,
                100 * rate.low, 100 * rate.high);
}

/// What is attacked, and how.
struct Task
{
    std::shared_ptr<const models::Model> model;
    std::unique_ptr<const attacks::Attack> attack;
    attacks::AttackInfo info;
    attacks::Budget budget;
    std::uint64_t seed = 0;
    std::int64_t batch = 0; ///< images in one call of the attack
    bool stopWhenFooled = false;
    torch::Tensor x, y;
    torch::Tensor targets; ///< undefined: away from y
};

struct Outcome
{
    torch::Tensor adversarial;
    torch::Tensor success;
    double seconds = 0;
};

Task taskOf(const Arguments& arguments, engine::Engine& engine)
{
    Task task;
    task.info = attacks::attacks().info(arguments.value("--attack"));
    task.attack = attacks::attacks().make(task.info.id, parametersOf(arguments, task.info));
    task.budget = task.attack->resolved(
        {.norm = arguments.has("--norm") ? attacks::normFromName(arguments.value("--norm"))
                                         : task.info.norms.front(),
         .eps = numberOf(arguments, "--eps", 0.1, "a number"),
         .steps = static_cast<int>(std::min<std::int64_t>(countOf(arguments, "--steps", 10), 1 << 30)),
         .stepSize = numberOf(arguments, "--step-size", 0.0, "a number"),
         .queries = countOf(arguments, "--queries", 1000)});
    task.seed = numberOf<std::uint64_t>(arguments, "--seed", 0, "a whole number from 0 on");
    task.batch = countOf(arguments, "--batch", 0);
    task.stopWhenFooled = arguments.has("--stop-when-fooled");

    const auto dataset = engine.inputs().dataset(arguments.value("--data"));
    const torch::Device device =
        engine::resolveDevice(arguments.has("--device") ? arguments.value("--device") : "auto");
    task.model = engine.inputs().model(arguments.rest(1, 1, "a model").front(), device);
    const std::int64_t count =
        std::min(countOf(arguments, "--count", 1000), dataset->size(data::Split::Test));
    task.x = dataset->images(data::Split::Test, torch::arange(count), device);
    task.y = dataset->labels(data::Split::Test).narrow(0, 0, count);
    if (task.batch == 0)
        task.batch = std::max<std::int64_t>(count, 1);
    if (arguments.has("--targeted")) {
        if (!task.info.targeted)
            throw Error(task.info.id + " cannot aim at classes", "--targeted", "Leave --targeted out.");
        const std::int64_t target = targetOf(arguments.value("--targeted"), dataset->info().classes);
        const auto classes = static_cast<std::int64_t>(dataset->info().classes.size());
        task.targets = target < 0 ? (task.y + 1).remainder(classes) : torch::full_like(task.y, target);
    }
    return task;
}

Outcome execute(const Task& task, const Cancelling& cancelling)
{
    ProgressView view;
    const std::int64_t count = task.x.size(0);
    const auto began = Clock::now();
    const auto since = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
    Outcome outcome;
    std::vector<torch::Tensor> images, success;
    for (std::int64_t first = 0; first < count; first += task.batch) {
        const std::int64_t n = std::min(task.batch, count - first);
        attacks::Context context{.seed = task.seed,
                                 .stopWhenFooled = task.stopWhenFooled,
                                 .samples = torch::arange(first, first + n)};
        if (task.targets.defined())
            context.target = task.targets.narrow(0, first, n);
        context.hooks.checkpoint = [&] { cancelling.check(); };
        context.hooks.progress = [&](std::int64_t done, std::int64_t total) {
            const double share = total > 0 ? double(done) / double(total) : 1;
            view.update(task.info.title, double(first) + share * double(n), double(count), since());
        };
        const auto result = task.attack->run(*task.model, task.x.narrow(0, first, n),
                                             task.y.narrow(0, first, n), task.budget, context);
        images.push_back(result.adversarial.cpu());
        success.push_back(result.success);
    }
    outcome.seconds = since();
    view.close();
    outcome.adversarial = torch::cat(images);
    outcome.success = torch::cat(success);
    return outcome;
}

void print(const Task& task, const Outcome& outcome)
{
    const torch::Tensor clean = models::predict(*task.model, task.x);
    const torch::Tensor right = clean == task.y;
    const torch::Tensor all = torch::ones_like(right);
    printRate("clean accuracy", right, all, "images");
    if (task.targets.defined())
        printRate("success", outcome.success, clean != task.targets, "not already taken for the target");
    else
        printRate("success", outcome.success, right, "classified correctly before");
    if (!task.targets.defined())
        printRate("robust accuracy", right.logical_and(outcome.success.logical_not()), all, "images");
    std::printf("%-18s %.1f (%.2f s)\n", "images per second", double(task.x.size(0)) / outcome.seconds,
                outcome.seconds);
    std::printf("%-18s %.0f MiB\n", "peak memory", double(engine::peakMemoryBytes()) / kMebi);
}

int attack(const Words& words)
{
    const Arguments arguments("attack", words,
                              {{"--data"},
                               {"--attack"},
                               {"--norm"},
                               {"--eps"},
                               {"--steps"},
                               {"--step-size"},
                               {"--queries"},
                               {"--count"},
                               {"--out"},
                               {"--targeted"},
                               {"--seed"},
                               {"--batch"},
                               {"--set"},
                               {"--stop-when-fooled", false},
                               {"--device"},
                               {"--workspace"}});
    arguments.rest(1, 1, "a model");
    for (const char* needed : {"--data", "--attack", "--out"}) {
        if (arguments.value(needed).empty())
            throw Error(std::string("'attack' needs ") + needed, {}, "See 'assay-cli attack --help'.");
    }
    const Cancelling cancelling; // before the engine starts threads
    QuietListener nobody;
    engine::Engine engine(arguments.value("--workspace"), nobody);
    const Task task = taskOf(arguments, engine);
    const std::filesystem::path folder = arguments.value("--out");
    engine::makeFolder(folder); // what cannot be written is known before anything is computed
    const Outcome outcome = execute(task, cancelling);
    const std::filesystem::path file = folder / "adversarial.npz";
    arrays::writeNpz(
        file, {{"x", task.x}, {"x_adv", outcome.adversarial}, {"y", task.y}, {"success", outcome.success}});
    print(task, outcome);
    std::printf("%s\n", file.c_str());
    return kDone;
}

} // namespace

const Command kAttack = {
    "attack", "attack a model and keep the adversarial images",
    "usage: assay-cli attack MODEL --data NAME --attack ID --out DIR [--norm linf|l2|l1] [--eps 0.1]\n"
    "                        [--steps 10] [--step-size S] [--queries 1000] [--count 1000]\n"
    "                        [--targeted CLASS|next] [--seed 0] [--batch N] [--set PARAMETER=VALUE]...\n"
    "                        [--stop-when-fooled] [--device auto|cpu|cuda|cuda:N] [--workspace DIR]\n\n"
    "  --attack ID         'assay-cli list attacks' lists them, scripted ones included\n"
    "  --norm NORM         of the ball; the attack's first when absent ('list attacks' shows them)\n"
    "  --eps E             radius of the ball; pixels are 0 .. 1\n"
    "  --step-size S       0, as when absent: the attack's own\n"
    "  --queries N         questions for each image, of attacks that need no gradient\n"
    "  --count N           the first N test images\n"
    "  --targeted CLASS    aim at a class, by name or number, or at the one after each image's own\n"
    "  --batch N           attack N images at a time: less memory, the same result\n"
    "  --set PARAM=VALUE   a parameter of the attack\n"
    "  --stop-when-fooled  images leave at the first success: faster, and not the strongest examples\n\n"
    "Writes DIR/adversarial.npz: x and x_adv (float32 [N,C,H,W], 0 .. 1), y (int64), success (bool).\n"
    "Prints rates with what they are rates of and their 95 % Wilson intervals, images per second of the\n"
    "attack alone, peak memory of the program and, as the last line, the file. Progress goes to standard\n"
    "error; Ctrl-C cancels and writes nothing.\n",
    attack};

} // namespace assay::cli

#include "backend/engine/plugin.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <thread>
#include <unistd.h>

using namespace assay;
using namespace assay::engine;

namespace {

protocol::Figure figure(const std::string& name, int points, double factor)
{
    protocol::Figure figure;
    figure.name = name;
    figure.title = name;
    protocol::Layer layer;
    for (int i = 0; i < points; ++i) {
        layer.x.push_back(i);
        layer.y.push_back(factor * i);
    }
    figure.layers.push_back(layer);
    return figure;
}

struct CountParams
{
    int steps = 10;
    double factor = 1;
};
template <class V>
void visit(V& v, CountParams& p)
{
    v.field("steps", p.steps).label("Steps").range(1, 100000);
    v.field("factor", p.factor).label("Factor").range(0, 10).live();
}

/// Everything a study may emit, with numbers from its generator.
class Count final : public StudyOf<CountParams>
{
public:
    StudyInfo info() const override
    {
        return {.id = "test.count",
                .title = "Counting",
                .question = "How far does it count?",
                .summary = "Counts.",
                .reference = "",
                .keywords = {},
                .outputs = {"tables/steps.csv: step, value"},
                .version = "1",
                .previews = true};
    }

protected:
    void runWith(RunContext& ctx, const CountParams& p) override
    {
        auto generator = ctx.generator("values");
        protocol::Table table;
        table.name = "steps";
        table.columns = {
            {.name = "step", .label = "", .unit = "", .digits = -1, .numbers = {}, .texts = {}},
            {.name = "value", .label = "", .unit = "", .digits = -1, .numbers = {}, .texts = {}}};
        double sum = 0;
        for (int i = 0; i < p.steps; ++i) {
            ctx.checkpoint();
            const double value = torch::empty({1}, torch::kFloat64).uniform_(0, 1, generator).item<double>();
            sum += value;
            table.columns[0].numbers.push_back(i);
            table.columns[1].numbers.push_back(value);
            ctx.progress(i + 1, p.steps, "counting");
        }
        ctx.log("counted");
        ctx.figure(figure("line", p.steps, p.factor));
        ctx.table(std::move(table));
        protocol::Metric metric;
        metric.name = "sum";
        metric.value = sum;
        ctx.metric(metric);
        ctx.artifact("sum", {{"sum", torch::tensor({sum})}});
    }
    void previewWith(RunContext& ctx, const CountParams& p) override
    {
        ctx.figure(figure("line", p.steps, p.factor * ctx.loadArtifact("sum").at("sum").item<double>()));
    }
};

struct NoParams
{};
template <class V>
void visit(V&, NoParams&)
{}

/// A study without parameters, made of one function.
class Simple final : public StudyOf<NoParams>
{
public:
    using Body = void (*)(RunContext&);
    Simple(std::string id, Body body)
        : m_id(std::move(id))
        , m_body(body)
    {}
    StudyInfo info() const override
    {
        StudyInfo info;
        info.id = m_id;
        info.title = m_id;
        info.question = "Does it work?";
        return info;
    }

protected:
    void runWith(RunContext& ctx, const NoParams&) override { m_body(ctx); }

private:
    std::string m_id;
    Body m_body;
};

void print(RunContext&)
{
    std::printf("printed by printf\n");
    std::fflush(stdout);
    std::cout << "printed by cout" << std::endl;
    if (::write(STDOUT_FILENO, "printed by write\n", 17) != 17)
        throw std::runtime_error("standard output is closed");
    char byte = 0;
    if (::read(STDIN_FILENO, &byte, 1) != 0)
        throw std::runtime_error("a study can read the protocol");
}

void fail(RunContext&)
{
    throw Error("the sample is empty", "sample.csv", "Add at least one row");
}

void crash(RunContext& ctx)
{
    ctx.log("about to crash");
    std::raise(SIGSEGV);
}

void slow(RunContext& ctx)
{
    ctx.log("slow begins");
    for (;;) {
        ctx.checkpoint();
        std::this_thread::sleep_for(std::chrono::milliseconds(1)); // leaves the machine to other tests
    }
}

/// Never asks whether it was cancelled.
void deaf(RunContext& ctx)
{
    ctx.log("deaf begins");
    for (;;)
        ::pause();
}

/// More than a pipe and the outbox hold: 64 figures of a MiB.
void flood(RunContext& ctx)
{
    for (int i = 0; i < 64; ++i) {
        ctx.checkpoint();
        ctx.figure(figure("flood", 65536, i));
        ctx.log("figure " + std::to_string(i));
    }
}

} // namespace

class TestPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "test_plugin.json")
    Q_INTERFACES(assay::engine::Plugin)
public:
    void registerInto(Registries& registries) override
    {
        registries.addStudy(std::make_unique<Count>());
        registries.addStudy(std::make_unique<Simple>("test.print", print));
        registries.addStudy(std::make_unique<Simple>("test.fail", fail));
        registries.addStudy(std::make_unique<Simple>("test.crash", crash));
        registries.addStudy(std::make_unique<Simple>("test.slow", slow));
        registries.addStudy(std::make_unique<Simple>("test.deaf", deaf));
        registries.addStudy(std::make_unique<Simple>("test.flood", flood));
    }
};

#include "test_plugin.moc"

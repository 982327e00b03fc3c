#include "backend/models/graph/graph_network.h"
#include "backend/protocol/error.h"

#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

// The executor by itself, on a dialect of four operators.

using namespace assay;
using namespace assay::models;
using namespace assay::models::graph;

namespace {

const KernelTable& toyKernels()
{
    static const KernelTable table = [] {
        KernelTable made("toy");
        const auto add = [](const Site&) {
            return one([](const Call& c) { return c.input(0) + c.input(1); });
        };
        const auto relu = [](const Site&) {
            return one([](const Call& c) {
                torch::Tensor x = c.input(0);
                return c.mayOverwrite() ? x.relu_() : x.relu();
            });
        };
        const auto shape = [](const Site&) {
            return one([](const Call& c) { return torch::tensor(c.input(0).sizes().vec(), torch::kInt64); });
        };
        const auto reshape = [](const Site&) {
            return one([](const Call& c) { return c.input(0).reshape(c.integers(1)); });
        };
        const auto conv = [](const Site& site) {
            const std::int64_t pad = site.attributes().integer("pad", 1);
            return one([pad](const Call& c) {
                return torch::conv2d(c.input(0), c.input(1), c.has(2) ? c.input(2) : torch::Tensor(), 1, pad);
            });
        };
        const auto times = [](const Site&) {
            return one([](const Call& c) { return c.input(0) * c.input(1); });
        };
        made.add("Add", {.make = add, .minInputs = 2, .maxInputs = 2, .freshResult = true});
        made.add("Mul", {.make = times, .minInputs = 2, .maxInputs = 2});
        made.add("Relu", {.make = relu, .overwrites = true});
        made.add("Shape", {.make = shape, .hostResult = true, .realResult = false});
        made.add("Reshape", {.make = reshape, .minInputs = 2, .maxInputs = 2, .hostInputs = 0b10});
        made.add("Conv", {.make = conv, .minInputs = 2, .maxInputs = 3, .freshResult = true});
        return made;
    }();
    return table;
}

const Dialect kToy = {.kernels = toyKernels,
                      .fold = {.conv = "toy.Conv", .add = "toy.Add", .mul = "toy.Mul"},
                      .softmax = "toy.Softmax",
                      .weighted = {"toy.Conv"}};

/// Builds graphs by the names of values.
class Builder
{
public:
    ValueId id(const std::string& name)
    {
        const ValueId found = graph.find(name);
        return found == kNoValue ? graph.addValue(name) : found;
    }
    Builder& input(const std::string& name)
    {
        graph.inputs.push_back(id(name));
        return *this;
    }
    Builder& constant(const std::string& name, const torch::Tensor& value)
    {
        graph.value(id(name)).constant = value;
        graph.value(id(name)).weight = value.is_floating_point();
        return *this;
    }
    Builder& node(const std::string& op, const std::vector<std::string>& from, const std::string& to)
    {
        Node made{.op = "toy." + op, .name = to};
        for (const std::string& name : from)
            made.inputs.push_back(id(name));
        made.outputs.push_back(id(to));
        graph.nodes.push_back(made);
        return *this;
    }
    Graph finish(const std::string& output)
    {
        graph.source = "toy";
        graph.outputs.push_back(id(output));
        sortNodes(graph);
        return graph;
    }
    Graph graph;
};

Tensors runAll(const Graph& graph, const torch::Tensor& x, const Observer* observer = nullptr)
{
    const std::array<torch::Tensor, 1> inputs = {x};
    return Program(graph, toyKernels(), graph.outputs).run(inputs, observer);
}

} // namespace

class TestGraph : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nodesAreSortedAndKeepTheirOrder()
    {
        const Graph graph = Builder()
                                .input("x")
                                .node("Add", {"b", "a"}, "c")
                                .node("Relu", {"x"}, "a")
                                .node("Relu", {"a"}, "b")
                                .node("Relu", {"x"}, "z")
                                .finish("c");
        std::string order;
        for (const Node& node : graph.nodes)
            order += node.name;
        QCOMPARE(order, std::string("abcz"));
    }

    void nothingIsOverwrittenThatIsReadAgain()
    {
        // s is fresh memory: relu may overwrite it, unless anybody reads it later, before or watches.
        const torch::Tensor x = torch::tensor({-1.0F, 2.0F});
        const Graph alone =
            Builder().input("x").node("Add", {"x", "x"}, "s").node("Relu", {"s"}, "y").finish("y");
        QVERIFY(torch::equal(runAll(alone, x)[0], torch::tensor({0.0F, 4.0F})));
        QVERIFY(torch::equal(x, torch::tensor({-1.0F, 2.0F})));
        const Graph later = Builder()
                                .input("x")
                                .node("Add", {"x", "x"}, "s")
                                .node("Relu", {"s"}, "r")
                                .node("Add", {"s", "r"}, "y")
                                .finish("y");
        QVERIFY(torch::equal(runAll(later, x)[0], torch::tensor({-2.0F, 8.0F})));
        torch::Tensor seen;
        const Observer observer = [&](ValueId id, const torch::Tensor& value) {
            if (alone.value(id).name == "s")
                seen = value;
        };
        runAll(alone, x, &observer);
        QVERIFY(torch::equal(seen, torch::tensor({-2.0F, 4.0F})));
        // The gradient of what was overwritten is right all the same.
        const torch::Tensor leaf = x.clone().requires_grad_(true);
        const torch::Tensor y = runAll(alone, leaf)[0];
        QVERIFY(torch::equal(torch::autograd::grad({y.sum()}, {leaf})[0], torch::tensor({0.0F, 2.0F})));
    }

    void overwritingHappens()
    {
        const Graph graph =
            Builder().input("x").node("Add", {"x", "x"}, "s").node("Relu", {"s"}, "y").finish("y");
        void* first = nullptr;
        KernelTable table("toy");
        static void* address = nullptr;
        table.add("Add", {.make =
                              [](const Site&) {
                                  return one([](const Call& c) {
                                      torch::Tensor sum = c.input(0) + c.input(1);
                                      address = sum.data_ptr();
                                      return sum;
                                  });
                              },
                          .minInputs = 2,
                          .maxInputs = 2,
                          .freshResult = true});
        table.add("Relu", *toyKernels().find("toy.Relu"));
        const std::array<torch::Tensor, 1> inputs = {torch::rand({3})};
        const torch::Tensor y = Program(graph, table, graph.outputs).run(inputs)[0];
        first = y.data_ptr();
        QCOMPARE(first, address);
    }

    void valuesAreLetGoAfterTheirLastReader()
    {
        Builder builder;
        builder.input("x");
        std::string last = "x";
        for (int i = 0; i < 50; ++i) {
            const std::string next = "v" + std::to_string(i);
            builder.node("Add", {last, last}, next);
            last = next;
        }
        const Graph graph = builder.finish(last);
        std::vector<c10::weak_intrusive_ptr<c10::StorageImpl>> seen;
        std::size_t most = 0;
        const Observer observer = [&](ValueId, const torch::Tensor& value) {
            seen.emplace_back(
                c10::intrusive_ptr<c10::StorageImpl>::reclaim_copy(value.storage().unsafeGetStorageImpl()));
            most = std::max(most, std::size_t(std::count_if(seen.begin(), seen.end(), [](const auto& weak) {
                                return !weak.expired();
                            })));
        };
        runAll(graph, torch::rand({4}), &observer);
        QCOMPARE(seen.size(), std::size_t(50));
        QVERIFY(most <= 2);
    }

    void shapesAreNumbersOnTheHost()
    {
        const Graph graph = Builder()
                                .input("x")
                                .node("Shape", {"x"}, "s")
                                .node("Add", {"x", "x"}, "d")
                                .node("Reshape", {"d", "s"}, "y")
                                .finish("y");
        const Program program(graph, toyKernels(), graph.outputs);
        QVERIFY(!program.isData(graph.find("s")));
        QVERIFY(program.isData(graph.find("y")));
        // On a device without memory of its own, a shape still has numbers: nothing but it was read.
        const std::array<torch::Tensor, 1> inputs = {torch::empty({2, 3}, torch::kMeta)};
        QVERIFY(program.run(inputs)[0].is_meta());
    }

    void foldingIsExactInDouble()
    {
        torch::manual_seed(1);
        const auto real = [](torch::IntArrayRef shape) { return torch::randn(shape, torch::kFloat64); };
        const Graph graph = Builder()
                                .input("x")
                                .constant("w", real({4, 3, 3, 3}))
                                .constant("b", real({4}))
                                .constant("gain", real({4, 1, 1}))
                                .constant("shift", real({1, 4, 1, 1}))
                                .constant("half", torch::full({}, 0.5, torch::kFloat64))
                                .constant("columns", real({1, 1, 5}))
                                .node("Conv", {"x", "w", "b"}, "c")
                                .node("Mul", {"c", "gain"}, "m")
                                .node("Add", {"shift", "m"}, "a")
                                .node("Mul", {"a", "half"}, "h")
                                .node("Mul", {"h", "columns"}, "y")
                                .finish("y");
        const torch::Tensor x = real({2, 3, 5, 5});
        const torch::Tensor before = runAll(graph, x)[0];
        Graph folded = graph;
        foldConvolutions(folded, kToy.fold);
        // What differs from column to column cannot go into the convolution.
        QCOMPARE(folded.nodes.size(), std::size_t(2));
        QVERIFY((runAll(folded, x)[0] - before).abs().max().item<double>() < 1e-12);
        // A result that something else reads stays.
        Graph watched = graph;
        watched.outputs.push_back(watched.find("m"));
        foldConvolutions(watched, kToy.fold);
        QVERIFY(std::any_of(watched.nodes.begin(), watched.nodes.end(),
                            [&](const Node& node) { return node.outputs[0] == watched.find("m"); }));
        QVERIFY((runAll(watched, x)[0] - before).abs().max().item<double>() < 1e-12);
    }

    void constantsAreComputedAheadButWeightsOnlyWhenFolding()
    {
        Graph graph = Builder()
                          .input("x")
                          .constant("w", torch::ones({2}))
                          .constant("n", torch::tensor({1, 1}, torch::kInt64))
                          .node("Add", {"w", "w"}, "ww")
                          .node("Add", {"n", "n"}, "nn")
                          .node("Add", {"x", "ww"}, "s")
                          .node("Reshape", {"s", "nn"}, "y")
                          .finish("y");
        foldConstants(graph, toyKernels(), Foldable::Numbers);
        QCOMPARE(graph.nodes.size(), std::size_t(3));
        foldConstants(graph, toyKernels(), Foldable::WeightsToo);
        QCOMPARE(graph.nodes.size(), std::size_t(2));
        QVERIFY(torch::equal(graph.value(graph.find("ww")).constant, torch::full({2}, 2.0)));
    }
};

QTEST_GUILESS_MAIN(TestGraph)
#include "tst_graph.moc"

#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::models;

/// The transformer that takes patches as a set.
class TestPatchTransformer : public QObject
{
    Q_OBJECT

    static std::shared_ptr<Network> networkFor(const Json& options, const InputSpec& input)
    {
        auto network = makeNetwork("patch_transformer", options, input, 3);
        initialise(*network, at::detail::createCPUGenerator(5));
        network->eval();
        return network;
    }

    static torch::Tensor drawn(torch::IntArrayRef sizes)
    {
        return torch::empty(sizes).uniform_(0, 1, at::detail::createCPUGenerator(3));
    }

private Q_SLOTS:
    void theOrderOfASetIsNothing_data()
    {
        QTest::addColumn<int>("reattention");
        QTest::newRow("plain attention") << 0;
        QTest::newRow("re-attention") << 1;
    }
    /// Vectors as rows; with positions their order does matter.
    void theOrderOfASetIsNothing()
    {
        QFETCH(int, reattention);
        const torch::NoGradGuard off;
        const InputSpec input{.channels = 1, .height = 7, .width = 12};
        Json options = {{"patch", 1}, {"patch_width", 12}, {"width", 16},
                        {"depth", 2}, {"heads", 2},        {"reattention", reattention}};
        const torch::Tensor x = drawn({4, 1, 7, 12});
        const torch::Tensor shuffled = x.index_select(2, torch::tensor({3, 0, 6, 1, 5, 2, 4}));
        const auto set = networkFor(options, input);
        const torch::Tensor logits = set->forward(x);
        QVERIFY(logits.std(0).min().item<double>() > 1e-4); // the images do matter
        QVERIFY(torch::allclose(set->forward(shuffled), logits, 1e-4, 1e-5));
        options["positions"] = 1;
        const auto ordered = networkFor(options, input);
        QVERIFY(!torch::allclose(ordered->forward(shuffled), ordered->forward(x), 1e-3, 1e-3));
    }

    /// A set of the flattened patches of an image is the image, to a network of the same weights.
    void rowsAreThePatchesOfAnImage()
    {
        const torch::NoGradGuard off;
        const InputSpec image{
            .channels = 3, .height = 8, .width = 12, .mean = {0, 0, 0}, .stddev = {1, 1, 1}};
        const InputSpec rows{.channels = 1, .height = 6, .width = 48};
        const auto ofImage = networkFor({{"patch", 4}, {"positions", 1}}, image);
        const auto ofRows = networkFor({{"patch", 1}, {"patch_width", 48}, {"positions", 1}}, rows);
        const torch::Tensor x = drawn({2, 3, 8, 12});
        torch::Tensor set = torch::empty({2, 1, 6, 48});
        for (std::int64_t p = 0; p < 6; ++p)
            set.select(2, p).copy_(x.narrow(2, p / 3 * 4, 4).narrow(3, p % 3 * 4, 4).flatten(1).unsqueeze(1));
        QVERIFY(torch::allclose(ofImage->forward(x), ofRows->forward(set), 1e-4, 1e-5));
    }
};

QTEST_GUILESS_MAIN(TestPatchTransformer)
#include "tst_patch_transformer.moc"

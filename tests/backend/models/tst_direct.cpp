#include "backend/models/architectures/architectures.h"
#include "backend/models/direct/kernels.h"
#include "backend/models/direct/local_images.h"
#include "backend/models/direct/tiles.h"
#include "tests/backend/models/seeded_network.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <c10/core/InferenceMode.h>
#include <torch/autograd.h>
#include <torch/nn.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

using namespace assay;
using namespace assay::models;

namespace {

constexpr std::int64_t kDirectClasses = 7;

const InputSpec kDirectGrey = {.channels = 1, .height = 28, .width = 28, .mean = {0.3}, .stddev = {0.4}};
/// Sides that no halving divides, and channels that are neither 1 nor in the usual order.
const InputSpec kDirectOdd = {.channels = 3,
                              .height = 25,
                              .width = 19,
                              .mean = {120, 110, 100},
                              .stddev = {60, 50, 55},
                              .scale = 255,
                              .bgr = true};

Model modelOf(const std::shared_ptr<Network>& network)
{
    ModelCard card;
    card.classes.resize(kDirectClasses);
    return {network, card};
}

torch::Tensor randomImages(const InputSpec& input, std::int64_t count)
{
    return torch::empty({count, input.channels, input.height, input.width})
        .uniform_(0, 1, at::detail::createCPUGenerator(3));
}

torch::Tensor randomNumbers(at::IntArrayRef shape, std::uint64_t seed)
{
    return torch::empty(shape).normal_(0, 1, at::detail::createCPUGenerator(seed));
}

struct Answer
{
    torch::Tensor logits;
    torch::Tensor gradient;
};

/// Of what is differentiated, in the logits, [1,K].
torch::Tensor slopesOf(const torch::Tensor& logits)
{
    return randomNumbers({1, logits.size(1)}, 5).to(logits.dtype());
}

template <class Forward>
Answer answerOf(Forward forward, const torch::Tensor& x)
{
    const torch::Tensor leaf = x.clone().requires_grad_(true);
    const torch::Tensor z = forward(leaf);
    return {z.detach(), torch::autograd::grad({(z * slopesOf(z)).sum()}, {leaf})[0]};
}

/// The least region around both.
Region around(const Region& a, const Region& b)
{
    return {.top = std::min(a.top, b.top),
            .left = std::min(a.left, b.left),
            .bottom = std::max(a.bottom, b.bottom),
            .right = std::max(a.right, b.right)};
}

/// Squares and strips, of the whole image down to a pixel, in corners and anywhere.
Region randomRegion(const InputSpec& input, std::int64_t draw)
{
    const torch::Tensor uniform = torch::rand({4}, at::detail::createCPUGenerator(100 + draw));
    const auto part = [&](int k, std::int64_t of) {
        return std::min(std::int64_t(uniform[k].item<double>() * double(of)), of - 1);
    };
    const std::int64_t height = draw % 7 == 0 ? input.height : 1 + part(0, draw % 3 == 0 ? input.height : 3);
    const std::int64_t width = draw % 11 == 0 ? input.width : 1 + part(1, draw % 3 == 0 ? input.width : 3);
    const bool corner = draw % 5 == 0;
    const std::int64_t top = corner ? input.height - height : part(2, input.height - height + 1);
    const std::int64_t left = corner ? input.width - width : part(3, input.width - width + 1);
    return {.top = top, .left = left, .bottom = top + height, .right = left + width};
}

torch::Tensor cut(const torch::Tensor& image, const Region& region)
{
    return image.narrow(1, region.top, region.bottom - region.top)
        .narrow(2, region.left, region.right - region.left);
}

/// Largest difference, as a share of the largest value of @p b.
double apart(const torch::Tensor& a, const torch::Tensor& b)
{
    return ((a - b).abs().amax() / b.abs().amax()).item<double>();
}

} // namespace

/// The networks that run image by image say what ATen's operators say.
class TestDirect : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void equalsAten_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QByteArray>("options");
        const auto row = [](const char* architecture, const char* options) {
            QTest::addRow("%s %s", architecture, options) << QString(architecture) << QByteArray(options);
        };
        row("small_cnn", "{}");
        row("small_cnn", R"({"widths":[5,20,33]})");
        row("resnet", "{}");
        row("resnet", R"({"widths":[7,24,40],"blocks":[2,1,2]})");
        row("mlp", "{}");
        row("mlp", R"({"widths":[50,21]})");
        row("vgg", "{}");
        row("vgg", R"({"widths":[6,17,16],"hidden":9})");
    }

    /// Held to double precision, so that the tolerance is this side's rounding alone: sums of some hundred
    /// terms in float32.
    void equalsAten()
    {
        QFETCH(QString, architecture);
        QFETCH(QByteArray, options);
        for (const InputSpec& input : {kDirectGrey, kDirectOdd}) {
            const auto network = test::seededNetwork(architecture.toStdString(), input,
                                                     Json::parse(options.toStdString()), kDirectClasses);
            const Model model = modelOf(network);
            const auto exact = model.cloneNetwork();
            exact->to(torch::kFloat64);
            const torch::Tensor x = randomImages(input, 9);
            const Answer wanted = answerOf(
                [&](const torch::Tensor& images) { return exact->forward(images); }, x.to(torch::kFloat64));
            const Answer found =
                answerOf([&](const torch::Tensor& images) { return model.logits(images); }, x);
            QVERIFY(wanted.gradient.abs().amax().item<double>() > 1e-4); // else nothing is compared
            QVERIFY(apart(found.logits, wanted.logits) < 2e-5);
            QVERIFY(apart(found.gradient, wanted.gradient) < 2e-5);

            // Without a graph, and where gradients are off, the same digits.
            {
                const torch::NoGradGuard off;
                const std::optional<Taped> pass = model.taped(x);
                QVERIFY(pass && torch::equal(pass->logits, found.logits));
                QVERIFY(
                    torch::equal(pass->vjp(slopesOf(pass->logits).expand_as(pass->logits)), found.gradient));
                QVERIFY(!model.taped(x.to(torch::kFloat64)));
            }

            // And an image's digits do not depend on its company.
            const Answer alone = answerOf([&](const torch::Tensor& images) { return model.logits(images); },
                                          x.narrow(0, 4, 1));
            QVERIFY(torch::equal(alone.logits, found.logits.narrow(0, 4, 1)));
            QVERIFY(torch::equal(alone.gradient, found.gradient.narrow(0, 4, 1)));
            // Nor where nobody asks for gradients, and convolutions go by tiles.
            const torch::NoGradGuard off;
            const torch::Tensor only = model.logits(x);
            QVERIFY(apart(only, wanted.logits) < 2e-5);
            QVERIFY(torch::equal(model.logits(x.narrow(0, 4, 1)), only.narrow(0, 4, 1)));
            QCOMPARE(model.logits(x.narrow(0, 0, 0)).sizes(), torch::IntArrayRef({0, kDirectClasses}));
        }
    }

    void changesAreAnsweredAsWholeImages_data() { equalsAten_data(); }
    /// Half of the changes are taken back, and images leave. What layers over images compute of a change is
    /// what they compute of the changed image from the beginning, to the last digit, and up to rounding what
    /// a pass over whole images does, some of whose convolutions go by tiles.
    void changesAreAnsweredAsWholeImages()
    {
        QFETCH(QString, architecture);
        QFETCH(QByteArray, options);
        constexpr double kRounding = 1e-5;
        for (const InputSpec& input : {kDirectGrey, kDirectOdd}) {
            const Model model = modelOf(test::seededNetwork(
                architecture.toStdString(), input, Json::parse(options.toStdString()), kDirectClasses));
            torch::Tensor x = randomImages(input, 5);
            const auto local = model.localChanges(x);
            QVERIFY(local);
            const auto asked = [&](const auto& ask) {
                const c10::InferenceMode inference; // as attacks ask
                return ask();
            };
            QVERIFY(apart(asked([&] { return local->begin(x); }), model.logits(x)) <= kRounding);
            // So often that the sums of linear layers are made anew.
            for (std::int64_t round = 0; round < 90; ++round) {
                const std::int64_t count = x.size(0);
                const torch::Tensor fresh = torch::rand(x.sizes(), at::detail::createCPUGenerator(round));
                const torch::Tensor accepted =
                    torch::rand({count}, at::detail::createCPUGenerator(1000 + round)).gt(0.5);
                torch::Tensor changed = x.clone();
                std::vector<Region> regions;
                for (std::int64_t i = 0; i < count; ++i) {
                    regions.push_back(randomRegion(input, 5 * round + i));
                    cut(changed[i], regions.back()).copy_(cut(fresh[i], regions.back()));
                    if (round % 3 == 0)
                        continue;
                    // In two places, of which either may lie beside the other, above it or over it.
                    const Region other = randomRegion(input, 5 * (1000 + round) + i);
                    cut(changed[i], other).copy_(cut(fresh[i], other));
                    regions.back() = around(regions.back(), other);
                }
                const torch::Tensor z = asked([&] { return local->ask(changed, regions); });
                QVERIFY(apart(z, model.logits(changed)) <= kRounding);
                const torch::Tensor anew = asked([&] { return model.localChanges(changed)->begin(changed); });
                QVERIFY(apart(z, anew) <= (architecture == "mlp" ? kRounding : 0));
                local->settle(accepted);
                x = torch::where(accepted.view({-1, 1, 1, 1}), changed, x);
                if (round % 40 != 20)
                    continue;
                const torch::Tensor rows = round == 20 ? torch::tensor({4, 0, 2, 1}) : torch::tensor({1, 3});
                local->keep(rows);
                x = x.index_select(0, rows);
            }
        }
    }

    /// Else it would not be the way of less work.
    void changesAreLookedForInTheirRegionsOnly()
    {
        for (const char* name : {"small_cnn", "resnet", "mlp"}) {
            const Model model =
                modelOf(test::seededNetwork(name, kDirectGrey, Json::object(), kDirectClasses));
            const torch::Tensor x = randomImages(kDirectGrey, 2);
            const auto local = model.localChanges(x);
            const torch::Tensor before = local->begin(x);
            const std::vector<Region> regions(2, {.top = 3, .left = 4, .bottom = 6, .right = 7});
            torch::Tensor elsewhere = torch::full_like(x, NAN);
            for (int i = 0; i < 2; ++i)
                cut(elsewhere[i], regions[i]).copy_(cut(x[i], regions[i]));
            QVERIFY(torch::equal(local->ask(elsewhere, regions), before));
        }
    }

    void changesAreOfferedWhereTheyAreFast()
    {
        const Model plain =
            modelOf(test::seededNetwork("convmixer", kDirectGrey, Json::object(), kDirectClasses));
        const torch::Tensor x = randomImages(kDirectGrey, 1);
        QVERIFY(!plain.localChanges(x));
        const Model wide = modelOf(test::seededNetwork(
            "vgg", kDirectGrey, Json::parse(R"({"widths":[8,512,512]})"), kDirectClasses));
        QVERIFY(!wide.localChanges(x));
        const Model model =
            modelOf(test::seededNetwork("resnet", kDirectGrey, Json::object(), kDirectClasses));
        QVERIFY(model.localChanges(x.expand({200, -1, -1, -1})));
        QVERIFY(!model.localChanges(x.expand({direct::kMostKept / (28 * 28 * 16), -1, -1, -1})));
        // A network that ends in a mean takes images of other sizes, but goes about them another way.
        QCOMPARE(model.logits(x.narrow(2, 0, 20)).size(0), 1);
        QVERIFY(!model.localChanges(x.narrow(2, 0, 20)));
    }

    /// Taps come from operators one by one.
    void isTheNetworkOfItsTaps()
    {
        for (const char* name : {"small_cnn", "resnet", "mlp", "vgg"}) {
            const Model model =
                modelOf(test::seededNetwork(name, kDirectGrey, Json::object(), kDirectClasses));
            const torch::Tensor x = randomImages(kDirectGrey, 3);
            const TapSink sink = [](const std::string&, const torch::Tensor&) {};
            QVERIFY(apart(model.logits(x), model.logits(x, sink)) < 2e-5);
            QVERIFY(!torch::equal(model.logits(x), model.logits(x, sink))); // two ways, not one
        }
    }

    /// In a plain area all places of a window are equal: the gradient goes to the first, as in ATen.
    void equalPixelsArePooledAlike()
    {
        const Model model =
            modelOf(test::seededNetwork("small_cnn", kDirectGrey, Json::object(), kDirectClasses));
        torch::Tensor x = randomImages(kDirectGrey, 4);
        x.narrow(2, 0, 20).fill_(0.25);
        const TapSink sink = [](const std::string&, const torch::Tensor&) {};
        const Answer direct = answerOf([&](const torch::Tensor& images) { return model.logits(images); }, x);
        const Answer plain =
            answerOf([&](const torch::Tensor& images) { return model.logits(images, sink); }, x);
        QVERIFY(apart(direct.gradient, plain.gradient) < 2e-5);
    }

    void whatIsNoNumberStaysNone()
    {
        for (const char* name : {"small_cnn", "resnet", "mlp"}) {
            const Model model =
                modelOf(test::seededNetwork(name, kDirectGrey, Json::object(), kDirectClasses));
            torch::Tensor x = randomImages(kDirectGrey, 2);
            x[1][0][9][9] = NAN;
            const torch::Tensor z = model.logits(x);
            QVERIFY(z[0].isfinite().all().item<bool>());
            QVERIFY(z[1].isnan().all().item<bool>());
        }
    }

    void gradientsCanBeAskedForTwiceButNotTheirs()
    {
        const Model model =
            modelOf(test::seededNetwork("resnet", kDirectGrey, Json::object(), kDirectClasses));
        const torch::Tensor leaf = randomImages(kDirectGrey, 2).requires_grad_(true);
        const torch::Tensor z = model.logits(leaf);
        const auto of = [&](std::int64_t k, bool more) {
            return torch::autograd::grad({z.select(1, k).sum()}, {leaf}, {}, more)[0];
        };
        const torch::Tensor first = of(0, true);
        const torch::Tensor second = of(1, true);
        QVERIFY(!torch::equal(first, second));
        QVERIFY(torch::equal(of(0, false), first));
        const torch::Tensor again = model.logits(leaf);
        QVERIFY_THROWS_EXCEPTION(c10::Error, torch::autograd::grad({again.sum()}, {leaf}, {}, true,
                                                                   /*create_graph=*/true));
    }

    /// Every instruction set that this processor runs, on every number of pixels that a row may have.
    void kernelsConvolve()
    {
        constexpr std::int64_t kIn = 19;
        constexpr std::int64_t kOut = 48;
        constexpr std::int64_t kHeight = 3;
        const torch::Tensor weight = randomNumbers({kOut, kIn, 3, 3}, 1);
        const torch::Tensor bias = randomNumbers({kOut}, 2);
        const torch::Tensor matrix = weight.permute({2, 3, 1, 0}).reshape({-1, kOut});
        const torch::Tensor packed =
            torch::cat({matrix.narrow(1, 0, direct::kPanel).reshape({-1}),
                        matrix.narrow(1, direct::kPanel, kOut - direct::kPanel).reshape({-1})});
        for (const direct::Kernels* set : direct::runnableKernels()) {
            for (std::int64_t width = 1; width <= 33; ++width) {
                const torch::Tensor x = randomNumbers({1, kIn, kHeight + 2, width + 2}, 3);
                const torch::Tensor before = randomNumbers({1, kOut, kHeight, width}, 4);
                const torch::Tensor in = x.permute({0, 2, 3, 1}).contiguous();
                torch::Tensor out = before.permute({0, 2, 3, 1}).contiguous();
                std::vector<std::int64_t> taps;
                for (std::int64_t k = 0; k < 9; ++k)
                    taps.push_back((k / 3 * (width + 2) + k % 3) * kIn);
                set->convolve({.in = in.data_ptr<float>(),
                               .inRow = (width + 2) * kIn,
                               .inColumn = kIn,
                               .taps = taps.data(),
                               .tapCount = 9,
                               .depth = kIn,
                               .weights = packed.data_ptr<float>(),
                               .bias = bias.data_ptr<float>(),
                               .width = kOut,
                               .out = out.data_ptr<float>(),
                               .outRow = width * kOut,
                               .outColumn = kOut,
                               .rows = kHeight,
                               .columns = width,
                               .accumulate = true,
                               .relu = true});
                const torch::Tensor wanted =
                    torch::relu(torch::conv2d(x.to(torch::kFloat64), weight.to(torch::kFloat64),
                                              bias.to(torch::kFloat64)) +
                                before)
                        .permute({0, 2, 3, 1});
                QVERIFY2(apart(out, wanted) < 2e-6, set->name);
            }
        }
    }

    /// Every instruction set, on results that whole tiles make and on others; beside the pixels lies what
    /// must not be read.
    void kernelsConvolveByTiles()
    {
        constexpr std::int64_t kIn = 16;
        constexpr std::int64_t kOut = 48;
        constexpr std::int64_t kRoom = 13; // the longest row of pixels
        const torch::Tensor weight = randomNumbers({kOut, kIn, 3, 3}, 1);
        const torch::Tensor bias = randomNumbers({kOut}, 2);
        const torch::Tensor tiles = direct::tileWeights(weight);
        for (const direct::Kernels* set : direct::runnableKernels()) {
            for (std::int64_t rows = 1; rows <= kRoom - 2; ++rows)
                for (std::int64_t columns = 1; columns <= kRoom - 2; ++columns) {
                    const torch::Tensor x = randomNumbers({1, kIn, rows + 2, columns + 2}, 3);
                    const torch::Tensor before = randomNumbers({1, kOut, rows, columns}, 4);
                    torch::Tensor in = torch::full({kRoom, kRoom, kIn}, NAN);
                    in.narrow(0, 0, rows + 2).narrow(1, 0, columns + 2).copy_(x[0].permute({1, 2, 0}));
                    torch::Tensor out = torch::full({kRoom, kRoom, kOut}, 7.0);
                    torch::Tensor result = out.narrow(0, 0, rows).narrow(1, 0, columns);
                    result.copy_(before[0].permute({1, 2, 0}));
                    direct::convolveTiles({.in = in.data_ptr<float>(),
                                           .inRow = kRoom * kIn,
                                           .inColumn = kIn,
                                           .depth = kIn,
                                           .weights = tiles.data_ptr<float>(),
                                           .bias = bias.data_ptr<float>(),
                                           .width = kOut,
                                           .out = out.data_ptr<float>(),
                                           .outRow = kRoom * kOut,
                                           .outColumn = kOut,
                                           .rows = rows,
                                           .columns = columns,
                                           .accumulate = true,
                                           .relu = true},
                                          *set);
                    const torch::Tensor wanted =
                        torch::relu(torch::conv2d(x.to(torch::kFloat64), weight.to(torch::kFloat64),
                                                  bias.to(torch::kFloat64)) +
                                    before)[0]
                            .permute({1, 2, 0});
                    QVERIFY2(apart(result, wanted) < 1e-5, set->name);
                    result.fill_(7);
                    QVERIFY2(out.eq(7).all().item<bool>(), set->name); // nothing beside it was written
                }
        }
    }

    /// Where all pixels are equal, so are all results: pooling finds the first, as it does of other sums.
    void tilesOfPlainAreasAreEqual()
    {
        constexpr std::int64_t kChannels = 16;
        constexpr std::int64_t kSide = 8;
        const torch::Tensor tiles = direct::tileWeights(randomNumbers({kChannels, kChannels, 3, 3}, 1));
        const torch::Tensor bias = randomNumbers({kChannels}, 2);
        const torch::Tensor in =
            randomNumbers({kChannels}, 3).expand({kSide + 2, kSide + 2, kChannels}).contiguous();
        torch::Tensor out = torch::empty({kSide, kSide, kChannels});
        for (const direct::Kernels* set : direct::runnableKernels()) {
            direct::convolveTiles({.in = in.data_ptr<float>(),
                                   .inRow = (kSide + 2) * kChannels,
                                   .inColumn = kChannels,
                                   .depth = kChannels,
                                   .weights = tiles.data_ptr<float>(),
                                   .bias = bias.data_ptr<float>(),
                                   .width = kChannels,
                                   .out = out.data_ptr<float>(),
                                   .outRow = kSide * kChannels,
                                   .outColumn = kChannels,
                                   .rows = kSide,
                                   .columns = kSide},
                                  *set);
            QVERIFY2(torch::equal(out, out[0][0].expand_as(out)), set->name);
        }
    }

    /// More vectors than are summed together, with none to all of their numbers 0: as the whole product does,
    /// to the last digit.
    void kernelsLeaveOutZeros()
    {
        constexpr std::int64_t kDepth = 9;
        constexpr std::int64_t kOut = 48;
        constexpr std::int64_t kVectors = 11;
        const torch::Tensor weight = randomNumbers({kDepth, kOut}, 8);
        const torch::Tensor packed =
            torch::cat({weight.narrow(1, 0, direct::kPanel).reshape({-1}),
                        weight.narrow(1, direct::kPanel, kOut - direct::kPanel).reshape({-1})});
        torch::Tensor in = randomNumbers({kVectors, kDepth}, 9);
        for (std::int64_t i = 0; i < kVectors; ++i)
            in[i].narrow(0, 0, std::min(i, kDepth)).zero_();
        const torch::Tensor bias = randomNumbers({kOut}, 10);
        const torch::Tensor wanted =
            torch::relu(bias.to(torch::kFloat64) + in.to(torch::kFloat64).matmul(weight.to(torch::kFloat64)));
        for (const direct::Kernels* set : direct::runnableKernels()) {
            std::vector<float> values(kVectors * kDepth);
            std::vector<std::int64_t> rows(values.size());
            std::vector<std::int64_t> ends;
            std::int64_t found = 0;
            for (std::int64_t i = 0; i < kVectors; ++i) {
                found += set->keepNonzero(in[i].data_ptr<float>(), kDepth, values.data() + found,
                                          rows.data() + found);
                ends.push_back(found);
            }
            QCOMPARE(found, in.ne(0).sum().item<std::int64_t>());
            torch::Tensor sums = torch::empty({kVectors, kOut});
            const direct::RowSums few = {.values = values.data(),
                                         .rows = rows.data(),
                                         .ends = ends.data(),
                                         .vectors = kVectors,
                                         .weights = packed.data_ptr<float>(),
                                         .depth = kDepth,
                                         .width = kOut,
                                         .bias = bias.data_ptr<float>(),
                                         .sums = sums.data_ptr<float>(),
                                         .relu = true};
            set->addRows(few);
            QVERIFY2(apart(sums, wanted) < 1e-6, set->name);
            torch::Tensor whole = torch::empty_like(sums);
            const std::int64_t tap = 0;
            set->convolve({.in = in.data_ptr<float>(),
                           .inRow = 0,
                           .inColumn = kDepth,
                           .taps = &tap,
                           .tapCount = 1,
                           .depth = kDepth,
                           .weights = packed.data_ptr<float>(),
                           .bias = bias.data_ptr<float>(),
                           .width = kOut,
                           .out = whole.data_ptr<float>(),
                           .outRow = 0,
                           .outColumn = kOut,
                           .rows = 1,
                           .columns = kVectors,
                           .relu = true});
            QVERIFY2(torch::equal(sums, whole), set->name);

            direct::RowSums more = few; // on top of what is there
            more.bias = nullptr;
            more.relu = false;
            const torch::Tensor before = sums.clone();
            set->addRows(more);
            QVERIFY2(apart(sums - before, in.to(torch::kFloat64).matmul(weight.to(torch::kFloat64))) < 2e-6,
                     set->name);
        }
    }

    /// Wide and narrow matrices, most or few numbers 0.
    void productsOfRectifiedNumbers()
    {
        constexpr std::int64_t kVectors = 6;
        constexpr std::int64_t kDepth = 30;
        for (const std::int64_t width : {16, 96}) {
            const torch::Tensor weights = randomNumbers({kDepth * width}, 11); // in panels of whatever matrix
            const torch::Tensor bias = randomNumbers({width}, 12);
            for (const double least : {-5.0, 1.5}) {
                const torch::Tensor in = randomNumbers({kVectors, kDepth}, 13);
                in.masked_fill_(in.lt(least), 0);
                torch::Tensor out = torch::empty({kVectors, width});
                torch::Tensor wanted = torch::empty_like(out);
                direct::Product product = {.in = in.data_ptr<float>(),
                                           .inStride = kDepth,
                                           .depth = kDepth,
                                           .weights = weights.data_ptr<float>(),
                                           .bias = bias.data_ptr<float>(),
                                           .out = out.data_ptr<float>(),
                                           .width = width,
                                           .count = kVectors};
                direct::multiplyRectified(product);
                product.out = wanted.data_ptr<float>();
                direct::multiply(product);
                QVERIFY(torch::equal(out, wanted));
            }
        }
    }

    void kernelsPoolAndMask()
    {
        constexpr std::int64_t kSide = 6;
        constexpr std::int64_t kChannels = 32;
        // Few values, so that there are ties.
        const torch::Tensor x = torch::relu(randomNumbers({1, kChannels, kSide, kSide}, 6).round());
        const torch::Tensor leaf = x.clone().requires_grad_(true);
        const torch::Tensor rectified = torch::relu(leaf);
        const torch::Tensor pooled = torch::max_pool2d(rectified, 2);
        const torch::Tensor wanted = torch::autograd::grad({(pooled * pooled).sum()}, {leaf})[0];
        const torch::Tensor in = x.permute({0, 2, 3, 1}).contiguous();
        for (const direct::Kernels* set : direct::runnableKernels()) {
            const direct::Pooling shape = {.channels = kChannels,
                                           .rows = kSide / 2,
                                           .columns = kSide / 2,
                                           .wideRow = kSide * kChannels,
                                           .pooledRow = kSide / 2 * kChannels};
            torch::Tensor out = torch::empty({1, kSide / 2, kSide / 2, kChannels});
            torch::Tensor where = torch::empty(out.sizes(), torch::kUInt8);
            set->maxPool(shape, in.data_ptr<float>(), out.data_ptr<float>(), where.data_ptr<std::uint8_t>(),
                         true);
            QVERIFY2(torch::equal(out.permute({0, 3, 1, 2}), pooled), set->name);
            torch::Tensor gradient = torch::empty_like(in);
            set->unpool(shape, gradient.data_ptr<float>(), (out * 2).data_ptr<float>(),
                        where.data_ptr<std::uint8_t>());
            QVERIFY2(torch::equal(gradient.permute({0, 3, 1, 2}), wanted), set->name);

            torch::Tensor values = randomNumbers({100}, 7);
            values[3] = 0;
            torch::Tensor mask = torch::empty({100}, torch::kUInt8);
            set->maskOf(values.data_ptr<float>(), mask.data_ptr<std::uint8_t>(), 100);
            torch::Tensor masked = torch::ones({100});
            set->applyMask(masked.data_ptr<float>(), mask.data_ptr<std::uint8_t>(), 100);
            QVERIFY2(torch::equal(masked, values.gt(0).to(torch::kFloat32)), set->name);
        }
    }
};

QTEST_GUILESS_MAIN(TestDirect)
#include "tst_direct.moc"

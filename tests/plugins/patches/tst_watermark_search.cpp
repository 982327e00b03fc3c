#include "backend/arrays/npy_write.h"
#include "backend/imaging/image_codec.h"
#include "backend/models/zoo.h"
#include "backend/protocol/error.h"
#include "plugins/patches/semantic_maps.h"
#include "plugins/patches/watermark_evolution.h"
#include "plugins/patches/watermark_search.h"
#include "tests/support/sentence_of.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <set>

using namespace assay;
using namespace assay::medlocker;

namespace {

using Landscape = std::function<double(const Placement&)>;

/// Plays the model: answers with @p landscape until the optimiser or the budget ends.
struct Played
{
    Placement best;
    double value = 1e9;
    int queries = 0;
    std::vector<Placement> asked;
};

Played play(const SearchSpec& spec, const Region& region, int width, std::int64_t sample,
            const Landscape& landscape)
{
    const auto optimiser = makeOptimiser(spec, region, width, sample);
    Played played;
    while (played.queries < queryBudget(spec)) {
        const std::vector<Placement> asked = optimiser->ask();
        if (asked.empty())
            break;
        std::vector<Judged> judged;
        for (const Placement& p : asked) {
            judged.push_back({.value = landscape(p), .truth = landscape(p)});
            if (judged.back().value < played.value) {
                played.value = judged.back().value;
                played.best = p;
            }
        }
        played.queries += static_cast<int>(asked.size());
        played.asked.insert(played.asked.end(), asked.begin(), asked.end());
        optimiser->tell(judged);
    }
    return played;
}

/// A bowl whose bottom is at (u, v) = (37, 11), the more opaque the better.
double bowl(const Placement& p)
{
    return std::hypot(p.u - 37, p.v - 11) / 60 + (255 - p.alpha) / 1000.0;
}

Region ringRegion()
{
    torch::Tensor mask = torch::zeros({64, 64}, torch::kUInt8);
    mask.narrow(0, 24, 20).narrow(1, 20, 20).fill_(1);
    return {IntegralImage(mask), 12};
}

models::ModelLibrary& zooOfSearch()
{
    static models::ModelLibrary zoo{{std::filesystem::path(ASSAY_TEST_SOURCE_DIR) / "resources/zoo"}};
    return zoo;
}

/// Three empty images of 6 rows and 9 columns, with boxes on the first and the last.
class BoxedSet final : public data::Dataset
{
public:
    BoxedSet()
    {
        m_info.name = "boxed";
        m_info.height = 6;
        m_info.width = 9;
        m_table.boxes = {{.sample = 0, .x = 1.5F, .y = 2, .width = 2, .height = 1},
                         {.sample = 2, .x = 7, .y = 4.2F, .width = 9, .height = 9},
                         {.sample = 2, .x = 0, .y = 0, .width = 1, .height = 1}};
    }
    const data::DatasetInfo& info() const override { return m_info; }
    std::int64_t size(data::Split) const override { return 3; }
    torch::Tensor pixels(data::Split) const override { return torch::zeros({3, 1, 6, 9}, torch::kUInt8); }
    torch::Tensor labels(data::Split) const override { return torch::zeros({3}, torch::kInt64); }
    const data::SampleTable& samples(data::Split) const override { return m_table; }
    const std::string& hash() const override { return m_info.name; }

private:
    data::DatasetInfo m_info;
    data::SampleTable m_table;
};

torch::Tensor pictures(std::int64_t count)
{
    torch::Tensor x = torch::empty({count, 1, 28, 28}, torch::kUInt8);
    std::uint8_t* out = x.data_ptr<std::uint8_t>();
    for (std::int64_t i = 0; i < x.numel(); ++i)
        out[i] = static_cast<std::uint8_t>((i * 37 + i / 28 * 11 + i / 784 * 91) % 256);
    return x;
}

} // namespace

/// Optimisers on a toy objective, and the batched search.
class TstWatermarkSearch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyOptimiser_data()
    {
        QTest::addColumn<QString>("id");
        for (const std::string& id : optimiserIds())
            QTest::newRow(id.c_str()) << QString::fromStdString(id);
    }

    /// Within the budget, never outside of bounds or region, and at last near the bottom.
    void everyOptimiser()
    {
        QFETCH(QString, id);
        const Region region = ringRegion();
        SearchSpec spec{.optimiser = id.toStdString(), .alphaMin = 120, .alphaMax = 240};
        const Played played = play(spec, region, 64, 5, bowl);
        QVERIFY(played.queries <= queryBudget(spec) + spec.population);
        QVERIFY(played.queries > spec.population);
        for (const Placement& p : played.asked)
            QVERIFY(region.contains(p.u, p.v) && p.alpha >= 120 && p.alpha <= 240);
        const double bottom = (255 - 240) / 1000.0; // of the allowed places (37, 11) is one
        QVERIFY2(played.value < bottom + 0.15, qPrintable(QString::number(played.value)));
        QCOMPARE(play(spec, region, 64, 5, bowl).asked, played.asked);
        if (id != "grid")
            QVERIFY(play(spec, region, 64, 6, bowl).asked != played.asked);
    }

    /// NP (1 + generations (hops + 2)), and the published numbers.
    void theBudget()
    {
        QCOMPARE(queryBudget({.population = 50, .generations = 3, .hops = 3}), 800);
        QCOMPARE(queryBudget({.population = 20, .generations = 3, .hops = 3}), 320);
    }

    /// Generations can only improve each individual, and beat the best of the start on most images.
    void evolutionNeverGetsWorse()
    {
        const Region region = ringRegion();
        int better = 0;
        for (std::int64_t sample = 0; sample < 20; ++sample) {
            const SearchSpec spec{.population = 8};
            BasinHoppingEvolution evolution(PlacementSpace(spec, region, 64, sample, 0));
            std::vector<double> worth;
            double first = 1e9;
            for (std::vector<Placement> asked = evolution.ask(); !asked.empty(); asked = evolution.ask()) {
                std::vector<Judged> judged;
                for (const Placement& p : asked)
                    judged.push_back({.value = bowl(p)});
                evolution.tell(judged);
                std::vector<double> now;
                for (const Individual& i : evolution.population()) {
                    QCOMPARE(i.judged.value, bowl(i.at)); // what is kept is what was asked
                    now.push_back(i.judged.value);
                }
                if (worth.empty())
                    first = *std::min_element(now.begin(), now.end());
                for (std::size_t k = 0; k < worth.size(); ++k)
                    QVERIFY(now[k] <= worth[k]);
                worth = now;
            }
            better += *std::min_element(worth.begin(), worth.end()) < first ? 1 : 0;
        }
        QVERIFY2(better >= 18, qPrintable(QString::number(better)));
    }

    /// One place and one opacity leave nothing to hop to: the search ends.
    void aSinglePlaceEnds()
    {
        torch::Tensor mask = torch::ones({20, 20}, torch::kUInt8);
        mask.narrow(0, 3, 5).narrow(1, 9, 5).fill_(0);
        const Region region(IntegralImage(mask), 5);
        QCOMPARE(region.size(), std::size_t(1));
        const Played played = play({.population = 6, .alphaMin = 200, .alphaMax = 200}, region, 20, 1, bowl);
        QCOMPARE(played.queries, 6);
        QCOMPARE(played.best, (Placement{.alpha = 200, .u = 9, .v = 3}));
    }

    /// An image's result is the same alone, in a batch and in another order.
    void resultsDoNotDependOnTheBatch()
    {
        const auto model = zooOfSearch().open("fashion-cnn", torch::kCPU);
        const torch::Tensor x = pictures(5);
        const Logo logo = LogoSource::ringAndBar("white").at(9);
        const Region region = Region::whole(28, 28, 9);
        std::vector<SearchImage> images;
        for (std::int64_t i = 0; i < 5; ++i)
            images.push_back({.pixels = x[i],
                              .label = model->logits(x.narrow(0, i, 1).to(torch::kFloat32) / 255)
                                           .argmax(1)
                                           .item<std::int64_t>(),
                              .sample = 100 + i,
                              .logo = &logo,
                              .region = &region});
        const SearchSpec spec{.population = 7, .stopEarly = false, .seed = 3};
        const std::vector<Found> all = searchPlacements(*model, images, spec);
        const std::vector<SearchImage> turned = {images[3], images[1]};
        const std::vector<Found> some = searchPlacements(*model, turned, spec);
        QCOMPARE(some[0].placement, all[3].placement);
        QCOMPARE(some[0].judged.value, all[3].judged.value);
        QCOMPARE(some[1].placement, all[1].placement);
        QCOMPARE(some[1].queries, all[1].queries);
        QVERIFY(all[0].queries <= queryBudget(spec));
        // What was found is what the stored pixels give.
        const torch::Tensor stored = watermarked(x[3], logo, all[3].placement);
        const torch::Tensor p = model->logits(stored.unsqueeze(0).to(torch::kFloat32) / 255).softmax(1)[0];
        QVERIFY(std::abs(p[images[3].label].item<double>() - all[3].judged.truth) < 1e-5);
    }

    /// An image leaves the batch at its first success; a check that throws ends the search.
    void successEndsAnImage()
    {
        const auto model = zooOfSearch().open("fashion-cnn", torch::kCPU);
        const torch::Tensor x = pictures(1);
        const Logo logo = LogoSource::ringAndBar("white").at(9);
        const Region region = Region::whole(28, 28, 9);
        const std::int64_t likely = model->logits(x.to(torch::kFloat32) / 255).argmax(1).item<std::int64_t>();
        // Missed already: any placement succeeds.
        const std::vector<SearchImage> missed = {
            {.pixels = x[0], .label = (likely + 1) % 10, .logo = &logo, .region = &region}};
        QCOMPARE(searchPlacements(*model, missed, {.population = 6}).front().queries, 6);
        QVERIFY_EXCEPTION_THROWN(searchPlacements(*model, missed, {}, [] { throw Error("enough"); }), Error);
    }

    void outOfRangeIsRefused()
    {
        try {
            checkSearch({.alphaMin = 200, .alphaMax = 100});
            QFAIL("not refused");
        } catch (const Error& e) {
            QCOMPARE(e.what(),
                     "alpha_max: the opacity must rise from alpha_min to alpha_max within 1/255 and "
                     "1; given were 200/255 and 100/255.");
        }
    }

    /// Every pixel a box touches, of the right sample, cut at the image's border.
    void boxesAreProtected()
    {
        const torch::Tensor maps = boxMaps(BoxedSet(), torch::tensor({2, 0, 1}, torch::kInt64));
        torch::Tensor expected = torch::zeros({3, 6, 9});
        expected[0].narrow(0, 4, 2).narrow(1, 7, 2).fill_(255);
        expected[0][0][0] = 255;
        expected[1].narrow(0, 2, 1).narrow(1, 1, 3).fill_(255);
        QVERIFY(maps.equal(expected));
    }

    void masksComeFromFiles()
    {
        QTemporaryDir folder;
        torch::Tensor masks = torch::zeros({2, 6, 9}, torch::kUInt8);
        masks[1].narrow(0, 3, 2).fill_(200);
        const std::string npz = folder.filePath("masks.npz").toStdString();
        const torch::Tensor ids = torch::tensor({40, 7}, torch::kInt64);
        arrays::writeNpz(npz, {{"masks", masks}, {"ids", ids}});
        const torch::Tensor wanted = torch::tensor({7, 40}, torch::kInt64);
        const torch::Tensor expected = masks.index_select(0, torch::tensor({1, 0})).to(torch::kFloat32);
        QVERIFY(fileMaps(npz, wanted, 6, 9).equal(expected));

        QVERIFY(QDir(folder.path()).mkdir("pictures"));
        const QString pictureFolder = folder.filePath("pictures");
        for (const int row : {0, 1}) {
            QFile file(pictureFolder + (row == 0 ? "/40.png" : "/7.png"));
            QVERIFY(file.open(QIODevice::WriteOnly));
            const std::vector<std::uint8_t> png = imaging::encodePng(masks.narrow(0, row, 1));
            file.write(reinterpret_cast<const char*>(png.data()), static_cast<qint64>(png.size()));
        }
        QVERIFY(fileMaps(pictureFolder.toStdString(), wanted, 6, 9).equal(expected));
        QCOMPARE(test::sentenceOf([&] { fileMaps(npz, torch::tensor({8}, torch::kInt64), 6, 9); }),
                 QString::fromStdString(npz) +
                     ": there is no mask of sample 8. Add it, or protect by Grad-CAM "
                     "instead.");
    }

    void withoutFeaturesGradCamSaysWhatElse()
    {
        const auto model = zooOfSearch().open("fashion-mlp", torch::kCPU);
        try {
            surrogateMaps(*model, torch::zeros({1, 1, 28, 28}), torch::zeros({1}, torch::kInt64));
            QFAIL("not refused");
        } catch (const Error& e) {
            QCOMPARE(e.what(),
                     "surrogate: model 'fashion-mlp' shows no layer that is an image, which Grad-CAM "
                     "needs. Choose a built-in convolutional network, or take masks from boxes or "
                     "files.");
        }
    }
};

QTEST_GUILESS_MAIN(TstWatermarkSearch)
#include "tst_watermark_search.moc"

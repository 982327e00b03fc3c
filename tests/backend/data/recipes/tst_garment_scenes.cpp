#include "backend/arrays/npy_write.h"
#include "backend/data/catalogue.h"
#include "backend/data/recipes/garment_scenes.h"
#include "backend/data/recipes/set_writer.h"
#include "backend/protocol/error.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <algorithm>
#include <functional>
#include <set>
#include <span>

using namespace assay;
using namespace assay::data;

namespace {

QString sceneSentence(const std::function<void()>& call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

bool sameBox(const Box& a, const Box& b)
{
    return a.sample == b.sample && a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height &&
           a.category == b.category;
}

} // namespace

class TestGarmentScenes : public QObject
{
    Q_OBJECT

    std::shared_ptr<const Dataset> m_fashion;
    std::shared_ptr<const Dataset> m_scenes;
    QTemporaryDir m_dir;

    std::filesystem::path folder() const { return m_dir.path().toStdString(); }

private Q_SLOTS:
    void initTestCase()
    {
        m_fashion = DatasetCatalogue().open("fashion-mnist");
        m_scenes = garmentScenes(*m_fashion, {.train = 120, .test = 30});
    }

    void scenesAreAsDescribed()
    {
        const DatasetInfo& info = m_scenes->info();
        QCOMPARE(info.boxClasses, std::vector<std::string>({"garment"}));
        QCOMPARE(info.classes, std::vector<std::string>({"scene"}));
        QCOMPARE(m_scenes->pixels(Split::Train).sizes(), (torch::IntArrayRef{120, 1, 96, 96}));
        QCOMPARE(m_scenes->size(Split::Test), 30);
        QCOMPARE(m_scenes->labels(Split::Test).sum().item<std::int64_t>(), 0);
        std::vector<int> counts(120);
        std::set<float> heights;
        for (const Box& box : m_scenes->samples(Split::Train).boxes) {
            ++counts[static_cast<std::size_t>(box.sample)];
            heights.insert(box.height);
            QVERIFY(box.x >= 0 && box.y >= 0 && box.x + box.width <= 96 && box.y + box.height <= 96);
            // A side of the item may lose a faint line to interpolation, and wide ones are made smaller.
            QVERIFY2(box.height <= 43 && box.width <= 64, qPrintable(QString::number(box.height)));
        }
        QVERIFY(std::ranges::all_of(counts, [](int count) { return count == 1 || count == 2; }));
        QVERIFY(std::ranges::count(counts, 2) > 30);
        QVERIFY(*heights.rbegin() >= 41 && *heights.begin() <= 26);
    }

    /// An item shines: along every edge of a box there is a pixel well above the brightest background.
    void boxesAreExact()
    {
        const torch::Tensor pixels = m_scenes->pixels(Split::Train);
        int loose = 0, edges = 0, outside = 0;
        for (const Box& box : m_scenes->samples(Split::Train).boxes) {
            const auto x = static_cast<std::int64_t>(box.x), y = static_cast<std::int64_t>(box.y);
            const auto w = static_cast<std::int64_t>(box.width), h = static_cast<std::int64_t>(box.height);
            const torch::Tensor image = pixels[box.sample][0];
            for (const torch::Tensor& edge :
                 {image[y].narrow(0, x, w), image[y + h - 1].narrow(0, x, w),
                  image.select(1, x).narrow(0, y, h), image.select(1, x + w - 1).narrow(0, y, h)}) {
                ++edges;
                loose += edge.max().item<std::uint8_t>() < 80;
            }
            if (y >= 3)
                outside += image[y - 3].narrow(0, x, w).max().item<std::uint8_t>() > 115;
        }
        // Where an edge is half transparent over a dark background it is grey; a neighbour may lie above.
        QVERIFY2(loose < edges / 10, qPrintable(QString("%1 of %2").arg(loose).arg(edges)));
        QVERIFY2(outside < edges / 4 / 10, qPrintable(QString::number(outside)));
    }

    void sceneDependsOnItsNumberAlone()
    {
        const auto fewer = garmentScenes(*m_fashion, {.train = 10, .test = 3});
        QVERIFY(torch::equal(fewer->pixels(Split::Train), m_scenes->pixels(Split::Train).narrow(0, 0, 10)));
        QVERIFY(torch::equal(fewer->pixels(Split::Test), m_scenes->pixels(Split::Test).narrow(0, 0, 3)));
        QVERIFY(std::ranges::equal(
            fewer->samples(Split::Test).boxes,
            std::span(m_scenes->samples(Split::Test).boxes).first(fewer->samples(Split::Test).boxes.size()),
            sameBox));
        QVERIFY(fewer->hash() != m_scenes->hash());
        const auto other = garmentScenes(*m_fashion, {.train = 10, .test = 3, .seed = 2});
        QVERIFY(!torch::equal(other->pixels(Split::Train), fewer->pixels(Split::Train)));
        QVERIFY(!torch::equal(fewer->pixels(Split::Train).narrow(0, 0, 3), fewer->pixels(Split::Test)));
    }

    /// The other set: four categories of boxes for all items, on smaller scenes.
    void fashionScenesHaveFourCategories()
    {
        const auto set = fashionScenes(*m_fashion, {.train = 120, .test = 10});
        const DatasetInfo& info = set->info();
        QCOMPARE(info.name, std::string("fashion-scenes"));
        QCOMPARE(info.boxClasses, std::vector<std::string>({"top", "trousers-dress", "shoe", "bag"}));
        QCOMPARE(set->pixels(Split::Train).sizes(), (torch::IntArrayRef{120, 1, 64, 64}));
        std::vector<int> counts(120), ofCategory(4);
        int upright = 0;
        for (const Box& box : set->samples(Split::Train).boxes) {
            ++counts[static_cast<std::size_t>(box.sample)];
            ++ofCategory.at(static_cast<std::size_t>(box.category));
            QVERIFY(box.x >= 0 && box.y >= 0 && box.x + box.width <= 64 && box.y + box.height <= 64);
            QVERIFY(std::max(box.width, box.height) <= 34);
            upright += box.category == 1 && box.height > box.width;
        }
        QVERIFY(std::ranges::all_of(counts, [](int count) { return count >= 1 && count <= 3; }));
        QVERIFY(std::ranges::count(counts, 3) > 20);
        QVERIFY(std::ranges::all_of(ofCategory, [](int count) { return count > 10; }));
        QVERIFY(ofCategory[0] > ofCategory[3]);     // four classes against one
        QVERIFY(upright * 10 >= ofCategory[1] * 9); // trousers and dresses are higher than wide
    }

    /// As `data get` writes them: the file brings every box back to its scene.
    void fileKeepsTheBoxes()
    {
        DataRecipe recipe = garmentScenesRecipe();
        recipe.info.trainCount = 12;
        recipe.info.testCount = 5;
        const std::filesystem::path place = folder() / "garment-scenes";
        std::filesystem::create_directories(place);
        writeSet(recipe, drawGarmentScenes(*m_fashion, {.train = 12, .test = 5}), place);
        const DatasetCatalogue catalogue({folder()});
        const auto set = catalogue.open("garment-scenes");
        for (const Split split : {Split::Train, Split::Test}) {
            const auto count = set->size(split);
            QVERIFY(torch::equal(set->pixels(split), m_scenes->pixels(split).narrow(0, 0, count)));
            const auto& all = m_scenes->samples(split).boxes;
            const auto end =
                std::ranges::find_if(all, [&](const Box& box) { return box.sample >= count; }) - all.begin();
            QVERIFY(std::ranges::equal(set->samples(split).boxes,
                                       std::span(all).first(static_cast<std::size_t>(end)), sameBox));
        }
        QCOMPARE(set->samples(Split::Test).names[1], std::string("test/1"));
        QVERIFY(set->samples(Split::Train).attributes.empty());
        const auto listed = catalogue.list();
        const auto info = std::ranges::find(listed, "garment-scenes", &DatasetInfo::name);
        QCOMPARE(info->boxClasses, std::vector<std::string>({"garment"})); // from the card, without pixels
        QVERIFY(info->available);
    }

    void boxesOfADividedFile()
    {
        const std::filesystem::path file = folder() / "divided.npz";
        const torch::Tensor images = torch::full({3, 4, 4}, 200, torch::kUInt8);
        arrays::writeNpz(
            file,
            {{"train_images", images},
             {"train_labels", torch::tensor({0, 0, 1})},
             {"train_boxes", torch::tensor({{2., 0., 1., 2., 3., 1.}, {0., 1., 1., 2., 2., 0.}})},
             {"test_images", images.narrow(0, 0, 1)},
             {"test_labels", torch::tensor({1})},
             {"test_boxes", torch::tensor({{0., 0., 0., 1., 1., 1.}})}},
            arrays::Packing::Stored);
        const auto set = DatasetCatalogue({}, {}).open(file.string());
        const auto& train = set->samples(Split::Train).boxes;
        QCOMPARE(train.size(), 2u);
        QVERIFY(sameBox(train[0], {.sample = 0, .x = 1, .y = 1, .width = 2, .height = 2}));
        QVERIFY(sameBox(train[1], {.sample = 2, .y = 1, .width = 2, .height = 3, .category = 1}));
        QCOMPARE(set->samples(Split::Test).boxes[0].sample, 0);
        QCOMPARE(set->info().boxClasses, std::vector<std::string>({"0", "1"}));
    }

    void brokenBoxesAreASentence()
    {
        const std::filesystem::path file = folder() / "broken.npz";
        arrays::writeNpz(file,
                         {{"images", torch::full({3, 4, 4}, 200, torch::kUInt8)},
                          {"labels", torch::tensor({0, 0, 1})},
                          {"boxes", torch::tensor({{2., 0., 1., 2., 3., 0.}, {3., 1., 1., 2., 2., 0.}})}},
                         arrays::Packing::Stored);
        QCOMPARE(sceneSentence([&] { DatasetCatalogue({}, {}).open(file.string()); }),
                 QString::fromStdString(file.string()) +
                     ", array 'boxes': row 1 is no box: sample, left, top, width, height and category.");
    }

    void otherSetsAreRefused()
    {
        QCOMPARE(sceneSentence([&] { garmentScenes(*m_scenes, {}); }),
                 "garment-scenes: is not Fashion-MNIST, of which scenes are composed.");
        QCOMPARE(sceneSentence([&] { garmentScenes(*m_fashion, {.train = 0}); }),
                 "garment-scenes: 0 scenes of a split are asked for; it must be 1 to 100000.");
    }
};

QTEST_GUILESS_MAIN(TestGarmentScenes)
#include "tst_garment_scenes.moc"

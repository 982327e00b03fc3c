#include "backend/data/corruptions/corruption.h"
#include "backend/imaging/image_codec.h"
#include "pictures.h"
#include "tests/support/sentence_of.h"

#include <QDir>
#include <QFile>
#include <QTest>
#include <torch/types.h>

#include <set>

using namespace assay;
using namespace assay::test;
using data::Corruption;

namespace {

constexpr std::uint64_t kSeed = 7;

struct Case
{
    const Corruption* corruption;
    torch::Tensor x;
};

/// Each corruption on each shape that it takes: n pictures of 28 and 32 pixels, @p large of 64.
std::vector<Case> allCases(std::int64_t n, std::int64_t large)
{
    std::vector<Case> cases;
    for (const Corruption& each : data::corruptions()) {
        if (!each.colourOnly)
            cases.push_back({&each, greyPictures(n)});
        cases.push_back({&each, colourPictures(n, 32)});
        cases.push_back({&each, colourPictures(large, 64)});
    }
    return cases;
}

std::string nameOf(const Case& c)
{
    return c.corruption->id + " " + std::to_string(c.x.size(1)) + " x " + std::to_string(c.x.size(2));
}

double damage(const Case& c, double severity)
{
    const torch::Tensor y = data::corrupted(*c.corruption, c.x, severity, kSeed, numbered(c.x.size(0)));
    return (y - c.x).square().mean().item<double>();
}

/// All corruptions that take @p pictures, one below the other; severities 0 .. 5 of the first two side by
/// side.
torch::Tensor contactSheet(const torch::Tensor& pictures)
{
    std::vector<torch::Tensor> rows;
    for (const Corruption& each : data::corruptions()) {
        if (each.colourOnly && pictures.size(1) == 1)
            continue;
        std::vector<torch::Tensor> cells;
        for (std::int64_t i = 0; i < pictures.size(0); ++i) {
            for (int severity = 0; severity <= 5; ++severity)
                cells.push_back(data::corrupted(each, pictures.slice(0, i, i + 1), severity, kSeed,
                                                torch::tensor({i}, torch::kInt64))[0]);
        }
        rows.push_back(torch::cat(cells, 2));
    }
    const torch::Tensor sheet = torch::cat(rows, 1).mul(255).round().to(torch::kUInt8);
    return sheet.repeat_interleave(2, 1).repeat_interleave(2, 2);
}

} // namespace

class TestCorruptions : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void listIsWellFormed()
    {
        std::set<std::string> ids;
        std::map<std::string, int> groups;
        for (const Corruption& each : data::corruptions()) {
            QVERIFY(ids.insert(each.id).second);
            QVERIFY(!each.title.empty() && each.summary.ends_with('.') && each.change);
            ++groups[data::corruptionGroupName(each.group)];
            QCOMPARE(&data::corruption(each.id), &each);
        }
        QCOMPARE(groups, (std::map<std::string, int>{
                             {"noise", 4}, {"blur", 5}, {"weather", 5}, {"digital", 4}, {"geometry", 2}}));
    }

    void severityZeroIsTheImageItself()
    {
        for (const Case& c : allCases(2, 2)) {
            const torch::Tensor y = data::corrupted(*c.corruption, c.x, 0, kSeed, numbered(2));
            QVERIFY2(torch::equal(y, c.x), nameOf(c).c_str());
            QVERIFY(y.data_ptr() != c.x.data_ptr());
        }
    }

    void resultDependsOnSeedAndSampleOnly()
    {
        for (const Case& c : allCases(5, 5)) {
            const auto at = [&](const torch::Tensor& rows, std::uint64_t seed) {
                return data::corrupted(*c.corruption, c.x.index_select(0, rows), 3.5, seed, rows);
            };
            const torch::Tensor all = at(numbered(5), kSeed);
            const torch::Tensor some = torch::tensor({4, 1}, torch::kInt64);
            QVERIFY2(torch::equal(at(numbered(5), kSeed), all), nameOf(c).c_str());
            QVERIFY2(torch::equal(at(some, kSeed), all.index_select(0, some)), nameOf(c).c_str());
            QVERIFY2(torch::equal(at(numbered(5), kSeed + 1), all) != c.corruption->random,
                     nameOf(c).c_str());
            const torch::Tensor others = data::corrupted(*c.corruption, c.x, 3.5, kSeed, numbered(5) + 5);
            QVERIFY2(torch::equal(others, all) != c.corruption->random, nameOf(c).c_str());
        }
    }

    void staysInRangeAndLeavesItsInput()
    {
        for (const Case& c : allCases(4, 2)) {
            const torch::Tensor before = c.x.clone();
            for (const double severity : {.8, 1.0, 2.5, 3.5, 5.0}) {
                const torch::Tensor y =
                    data::corrupted(*c.corruption, c.x, severity, kSeed, numbered(c.x.size(0)));
                QVERIFY2(y.ge(0).logical_and(y.le(1)).all().item<bool>(), nameOf(c).c_str());
                QCOMPARE(y.sizes(), c.x.sizes());
                QVERIFY2(!torch::equal(y, c.x), nameOf(c).c_str());
            }
            QVERIFY(torch::equal(c.x, before));
        }
    }

    /// On dozens of images the damage shrinks at no half level (levels 3 and 4 of motion blur are all but the
    /// same), and grows at every level but that one.
    void damageGrowsWithSeverity()
    {
        for (const Case& c : allCases(64, 8)) {
            double last = 0;
            for (double severity = .5; severity <= 5; severity += .5) {
                const double now = damage(c, severity);
                QVERIFY2(now > .999 * last || !c.corruption->monotone,
                         (nameOf(c) + ": " + std::to_string(last) + " before " + std::to_string(severity) +
                          ", then " + std::to_string(now))
                             .c_str());
                last = now;
            }
        }
    }

    /// A slider moves by hundredths: none of them may be a jump, but of pixelate, whose steps are whole
    /// pixels. A tenth of the damage of the most severe level is far more than what a hundredth of a level
    /// changes.
    void sliderIsContinuous()
    {
        for (const Case& c : allCases(16, 4)) {
            if (c.corruption->id == "pixelate")
                continue;
            const double whole = std::sqrt(damage(c, 5));
            for (const double at : {0.0, .99, 1.0, 1.5, 1.99, 2.0, 2.99, 3.0, 3.5, 3.99, 4.0, 4.99}) {
                const torch::Tensor ids = numbered(c.x.size(0));
                const torch::Tensor step = data::corrupted(*c.corruption, c.x, at + .01, kSeed, ids) -
                                           data::corrupted(*c.corruption, c.x, at, kSeed, ids);
                const double change = std::sqrt(step.square().mean().item<double>());
                QVERIFY2(change < .1 * whole, (nameOf(c) + " at " + std::to_string(at) + ": " +
                                               std::to_string(change) + " of " + std::to_string(whole))
                                                  .c_str());
            }
        }
    }

    /// The list for ImageNet: in range, determined by seed and sample, an image at 0, mixed between levels.
    void imagenetListKeepsTheRules()
    {
        QCOMPARE(data::imagenetCorruptions().size(), std::size_t(15));
        const torch::Tensor x = colourPictures(3, 32), ids = numbered(3);
        for (const Corruption& each : data::imagenetCorruptions()) {
            const auto at = [&](double severity, std::uint64_t seed, double lengths = 1) {
                return data::corrupted(each, x, severity, seed, ids, lengths);
            };
            QVERIFY2(torch::equal(at(0, 1), x), each.id.c_str());
            QVERIFY2(torch::equal(at(4, 1), at(4, 1)), each.id.c_str());
            QVERIFY2(torch::equal(at(4, 1), at(4, 2)) != each.random, each.id.c_str());
            for (const double severity : {1.0, 3.0, 5.0}) {
                const torch::Tensor y = at(severity, 1);
                QVERIFY2(y.ge(0).logical_and(y.le(1)).all().item<bool>() && !torch::equal(y, x),
                         each.id.c_str());
            }
            // A hundredth of the way to the next level.
            const torch::Tensor step = at(2.01, 1) - at(2, 1);
            QVERIFY2(step.abs().max().item<double>() < 0.05 && !torch::equal(at(2.5, 1), at(2, 1)),
                     each.id.c_str());
        }
        // Half the radius is half the blur.
        const Corruption& defocus = data::imagenetCorruptions()[3];
        const double whole = (data::corrupted(defocus, x, 3, 1, ids) - x).square().mean().item<double>();
        const double half = (data::corrupted(defocus, x, 3, 1, ids, 0.5) - x).square().mean().item<double>();
        QVERIFY(half < whole && half > 0);
    }

    void takesNoImagesAndStridedOnes()
    {
        const Corruption& noise = data::corruption("gaussian_noise");
        QCOMPARE(data::corrupted(noise, torch::zeros({0, 1, 28, 28}), 3, kSeed, numbered(0)).size(0), 0);
        const torch::Tensor x = colourPictures(3, 32);
        const torch::Tensor strided = x.contiguous(at::MemoryFormat::ChannelsLast);
        QVERIFY(torch::equal(data::corrupted(noise, strided, 3, kSeed, numbered(3)),
                             data::corrupted(noise, x, 3, kSeed, numbered(3))));
        const torch::Tensor oblong =
            data::corrupted(data::corruption("elastic_transform"), x.slice(2, 0, 20), 5, kSeed, numbered(3));
        QCOMPARE(oblong.sizes(), torch::IntArrayRef({3, 3, 20, 32}));
    }

    void refusals_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<double>("severity");
        QTest::addColumn<int>("channels");
        QTest::addColumn<int>("side");
        QTest::addColumn<int>("ids");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("severity") << "fog" << 5.5 << 1 << 28 << 2
                                  << "fog: severity is 5.5; it must be from 0 to 5.";
        QTest::newRow("nan") << "fog" << std::nan("") << 1 << 28 << 2
                             << "fog: severity is nan; it must be from 0 to 5.";
        QTest::newRow("grey")
            << "saturate" << 2.0 << 1 << 28 << 2
            << "saturate: grey images have no colours to change. Choose another corruption or a "
               "data set of colour images.";
        QTest::newRow("channels")
            << "fog" << 2.0 << 2 << 28 << 2
            << "fog: images to corrupt are float32 [N,C,H,W] with one channel or three.";
        QTest::newRow("small")
            << "fog" << 2.0 << 1 << 7 << 2
            << "fog: images of 7 x 7 are too small: each side must have at least 8 pixels. "
               "Choose another data set.";
        QTest::newRow("ids") << "fog" << 2.0 << 1 << 28 << 3
                             << "fog: there must be one sample number (int64) for each image.";
    }

    void refusals()
    {
        QFETCH(const QString, id);
        QFETCH(const double, severity);
        QFETCH(const int, channels);
        QFETCH(const int, side);
        QFETCH(const int, ids);
        QFETCH(const QString, sentence);
        QCOMPARE(sentenceOf([&] {
                     data::corrupted(data::corruption(id.toStdString()),
                                     torch::zeros({2, channels, side, side}), severity, kSeed, numbered(ids));
                 }),
                 sentence);
    }

    void unknownIdNamesTheKnown()
    {
        const QString sentence = sentenceOf([] { data::corruption("rain"); });
        QVERIFY2(
            sentence.startsWith("there is no corruption 'rain'. Choose one of gaussian_noise, shot_noise,"),
            qPrintable(sentence));
    }

    void contactSheets()
    {
        const QDir folder(ASSAY_TEST_BUILD_DIR "/screenshots");
        QVERIFY(folder.mkpath("."));
        for (const torch::Tensor& pictures :
             {greyPictures(2), colourPictures(2, 32), colourPictures(2, 64)}) {
            const auto side = pictures.size(2);
            QFile file(folder.filePath(QString("corruptions-%1.png").arg(side)));
            QVERIFY(file.open(QIODevice::WriteOnly));
            const auto png = imaging::encodePng(contactSheet(pictures));
            QCOMPARE(file.write(reinterpret_cast<const char*>(png.data()), static_cast<qint64>(png.size())),
                     static_cast<qint64>(png.size()));
            const auto rows = static_cast<std::int64_t>(data::corruptions().size()) - (side == 28 ? 1 : 0);
            const torch::Tensor read = imaging::decodeImage(png, side == 28, "sheet");
            QCOMPARE(read.size(1), rows * side * 2);
            QCOMPARE(read.size(2), 12 * side * 2);
        }
    }
};

QTEST_GUILESS_MAIN(TestCorruptions)
#include "tst_corruptions.moc"

#include "backend/attacks/patch/patch_file.h"
#include "backend/models/files/safetensors.h"
#include "backend/protocol/error.h"
#include "tests/support/sentence_of.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <limits>

using namespace assay;
using namespace assay::attacks;

namespace {

void writeBytes(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

Patch roundPatch(const char* name)
{
    torch::Tensor mask = torch::ones({1, 3, 4});
    mask[0][0][0] = 0;
    return {.name = name,
            .pixels = torch::arange(12, torch::kFloat32).view({1, 3, 4}) / 255,
            .mask = mask,
            .origin = {{"run", "r1"}}};
}

} // namespace

/// Kept patches, and files that say they are patches.
class TestPatchFile : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path path(const char* name) const { return m_folder.filePath(name).toStdString(); }
    PatchLibrary library() const { return PatchLibrary(path("patches")); }

private Q_SLOTS:
    void nothingKeptIsAnEmptyList() { QVERIFY(PatchLibrary(path("nowhere")).list().empty()); }

    void keepsListsOpensAndRemoves()
    {
        const Patch patch = roundPatch("round-1");
        library().keep(patch);
        const std::vector<PatchCard> cards = library().list();
        QCOMPARE(cards.size(), std::size_t(1));
        QCOMPARE(cards[0].name, std::string("round-1"));
        QCOMPARE(cards[0].width, std::int64_t(4));
        QCOMPARE(cards[0].origin["run"].get<std::string>(), std::string("r1"));
        const Patch read = library().open("round-1");
        QVERIFY(torch::equal(read.pixels, patch.pixels));
        QVERIFY(torch::equal(read.mask, patch.mask));
        QCOMPARE(read.sha256.size(), std::size_t(64));
        // The picture says the same to 8 bits, its transparency is the mask.
        const Patch picture = library().open(path("patches/round-1.png").string());
        QVERIFY(torch::allclose(picture.pixels, patch.pixels, 0, 1e-6));
        QVERIFY(torch::equal(picture.mask, patch.mask));
        QCOMPARE(test::sentenceOf([&] { library().keep(patch); }).contains("already"), true);
        library().remove("round-1");
        QVERIFY(library().list().empty());
        QVERIFY(QDir(QString::fromStdString(path("patches").string())).isEmpty());
    }

    void aMissingOneNamesTheKeptOnes()
    {
        library().keep(roundPatch("here"));
        const QString sentence = test::sentenceOf([&] { library().open("there"); });
        QVERIFY2(sentence.contains("there is no kept patch 'there'; kept are here"), qPrintable(sentence));
        library().remove("here");
    }

    void namesAreNoPaths()
    {
        for (const char* name : {"", "../x", "a/b", ".hidden", "a b"})
            QVERIFY_EXCEPTION_THROWN(library().keep(roundPatch(name)), Error);
    }

    void hostileFilesAreRefused()
    {
        const auto refused = [&](const char* name, const models::NamedTensors& tensors) {
            models::writeSafetensors(path(name), tensors);
            return test::sentenceOf([&] { readPatch(path(name)); });
        };
        QVERIFY(refused("a.safetensors", {{"other", torch::zeros({1, 2, 2})}}).contains("no tensor 'patch'"));
        QVERIFY(refused("b.safetensors", {{"patch", torch::zeros({2, 2, 2})}}).contains("1 or 3 channels"));
        QVERIFY(refused("c.safetensors", {{"patch", torch::zeros({1, 1, 4097}, torch::kUInt8)}})
                    .contains("1 to 4096"));
        QVERIFY(refused("d.safetensors",
                        {{"patch", torch::full({1, 2, 2}, std::numeric_limits<float>::quiet_NaN())}})
                    .contains("outside of [0,1]"));
        QVERIFY(refused("e.safetensors", {{"patch", torch::full({1, 2, 2}, 1.5F)}}).contains("outside"));
        QVERIFY(
            refused("f.safetensors", {{"patch", torch::zeros({1, 2, 2})}, {"mask", torch::ones({1, 3, 2})}})
                .contains("other sides"));
        writeBytes(m_folder.filePath("g.png"), "no picture");
        QVERIFY_EXCEPTION_THROWN(readPatch(path("g.png")), Error);
        QVERIFY_EXCEPTION_THROWN(readPatch(path("absent.png")), Error);
    }

    void aDamagedCardIsListedWithItsProblem()
    {
        library().keep(roundPatch("whole"));
        writeBytes(m_folder.filePath("patches/broken.json"), "{");
        writeBytes(m_folder.filePath("patches/odd.json"), R"({"channels": "many", "origin": 3})");
        const std::vector<PatchCard> cards = library().list();
        QCOMPARE(cards.size(), std::size_t(3));
        QVERIFY(!cards[0].problem.empty() && !cards[1].problem.empty() && cards[2].problem.empty());
    }

    void channelsAreMadeToFit()
    {
        const Patch grey = roundPatch("grey");
        QCOMPARE(withChannels(grey, 3).pixels.size(0), std::int64_t(3));
        Patch red{.name = "red", .pixels = torch::zeros({3, 1, 1}), .mask = torch::ones({1, 1, 1})};
        red.pixels[0].fill_(1);
        QVERIFY(std::abs(withChannels(red, 1).pixels.item<double>() - 0.299) < 1e-6);
        QVERIFY_EXCEPTION_THROWN(withChannels(grey, 2), Error);
    }
};

QTEST_GUILESS_MAIN(TestPatchFile)
#include "tst_patch_file.moc"

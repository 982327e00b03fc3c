#include "backend/data/formats/image_formats.h"
#include "backend/data/images/image_rows.h"
#include "tests/backend/data/picture_files.h"

#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::data;
using namespace assay::test;

namespace fs = std::filesystem;

class TestFolderFormat : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path m_root;

    DataImport inspected(const Json& options = Json::object()) const
    {
        return folderFormat().inspect(m_root, {.options = options});
    }

    std::shared_ptr<const Dataset> opened(const Json& options = Json::object()) const
    {
        return folderFormat().open(inspected(options).card);
    }

    void fill(const std::string& folder, int count, int seed = 0)
    {
        for (int i = 0; i < count; ++i)
            writePicture(m_root / folder / ("p" + std::to_string(i) + ".png"), picture(seed + i));
    }

private Q_SLOTS:
    void init()
    {
        m_root = fs::path(m_dir.path().toStdString()) / QTest::currentTestFunction();
        fs::create_directories(m_root);
    }

    void classesAndSplits()
    {
        fill("train/dog", 3);
        fill("train/cat", 2, 10);
        fill("test/cat", 1, 20);
        QCOMPARE(std::string(recogniseData(m_root)->name), "folder");
        const DataImport import = inspected();
        QCOMPARE(import.card.info.classes, (std::vector<std::string>{"cat", "dog"}));
        QCOMPARE(import.card.info.trainCount, 5);
        QCOMPARE(import.card.info.testCount, 1);
        QVERIFY(import.card.options["split"] == "files");
        QVERIFY(found(import.findings, "5 pictures for training, 1 for testing, in 2 classes."));
        QVERIFY(found(import.findings, "All pictures are 8 x 6 pixels."));
        const DataCard card = dataCardFromJson(toJson(import.card), "card");
        const auto set = dataFormat(card.info.format).open(card);
        QVERIFY(torch::equal(set->labels(Split::Train), torch::tensor({0, 0, 1, 1, 1}, torch::kInt64)));
        QVERIFY(torch::equal(set->pixels(Split::Train)[1], picture(11)));
        QVERIFY(torch::equal(set->pixels(Split::Test)[0], picture(20)));
        QCOMPARE(set->samples(Split::Train).names[2], "train/dog/p0.png");
    }

    void validationStandsInForTest()
    {
        fill("Train/a", 2);
        fill("val/a", 1);
        QCOMPARE(inspected().card.info.testCount, 1);
        fill("test/a", 3);
        const DataImport import = inspected();
        QCOMPARE(import.card.info.testCount, 3);
        QVERIFY(found(import.findings,
                      "1 folder beside train and test is not used: val. Import such a folder by "
                      "itself to use it."));
    }

    void hashSplitIsFixed()
    {
        // FNV-1a of "a" and "foobar" as its authors publish them; upper half modulo 5.
        QCOMPARE(hashedIntoTest("a"), (0xaf63dc4c8601ec8cull >> 32) % 5 == 0);
        QCOMPARE(hashedIntoTest("foobar"), (0x85944171f73967e8ull >> 32) % 5 == 0);
        int test = 0;
        for (int i = 0; i < 10000; ++i)
            test += hashedIntoTest("class/" + std::to_string(i) + ".png") ? 1 : 0;
        QVERIFY(test > 1840 && test < 2160); // four standard deviations around 2000
        fill("a", 30);
        const auto set = opened();
        QCOMPARE(set->size(Split::Train) + set->size(Split::Test), 30);
        for (const std::string& name : set->samples(Split::Test).names)
            QVERIFY(hashedIntoTest(name));
        QCOMPARE(opened({{"split", "test"}})->size(Split::Test), 30);
        QCOMPARE(opened({{"split", "train"}})->size(Split::Train), 30);
        QCOMPARE(sentenceOf([&] {
                     opened({{"split", "files"}});
                 }),
                 QString::fromStdString(m_root.string()) +
                     ": option 'split' is 'files'; it must be one of hash, test, train.");
    }

    void whatIsPassedOverIsSaid()
    {
        fill("a", 2);
        fill("b/inner", 1);
        fill("b", 1);
        writePicture(m_root / "loose.png", picture(1));
        writeText(m_root / "a/readme.txt", "x");
        writeText(m_root / "a/.hidden.png", "x");
        fs::create_directory_symlink(m_root, m_root / "loop");
        const DataImport import = inspected();
        QCOMPARE(import.card.info.trainCount + import.card.info.testCount, 3);
        const std::string all = allOf(import.findings);
        for (const char* sentence :
             {"1 folder inside class folders is passed over: b/inner. Move the pictures up into their class "
              "folders.",
              "1 linked folder is passed over: loop. Set 'outside' to follow links.",
              "1 picture outside class folders is passed over. Put the pictures of each class into a folder "
              "of "
              "their own, named after the class.",
              "1 file of other kinds is passed over.", "1 hidden file is passed over."})
            QVERIFY2(found(import.findings, sentence), all.c_str());
    }

    void picturesWithoutClassesAreRefused()
    {
        writePicture(m_root / "x.png", picture(1));
        QVERIFY(folderFormat().recognises(m_root));
        QCOMPARE(sentenceOf([&] { inspected(); }),
                 QString::fromStdString(m_root.string()) +
                     ": holds pictures but no class folders. Put the pictures of each class into a folder of "
                     "their own, named after the class.");
        const fs::path empty = m_root / "empty";
        fs::create_directories(empty);
        QVERIFY(!folderFormat().recognises(empty));
    }

    void differentSizesAndMislabelledFiles()
    {
        writePicture(m_root / "a/1.png", picture(1, 30, 20));
        writePicture(m_root / "a/2.png", picture(2, 50, 60));
        writePicture(m_root / "a/3.jpg", picture(3, 40, 40));
        const DataImport import = inspected();
        QCOMPARE(import.card.info.height, 40);
        QCOMPARE(import.card.info.width, 40);
        const std::string all = allOf(import.findings);
        QVERIFY2(found(import.findings,
                       "The pictures differ in size, from 20 x 30 to 60 x 50: unless you choose "
                       "otherwise, each is scaled to cover 40 x 40 and cut to its centre. Set "
                       "height, width and fit to change that."),
                 all.c_str());
        QVERIFY2(found(import.findings,
                       "1 of 3 pictures are of another kind than their ending says (a/3.jpg is a "
                       "PNG). They are read by their content; rename them to be safe."),
                 all.c_str());
        const auto set = opened({{"height", 10}, {"width", 12}, {"channels", 1}, {"split", "test"}});
        QCOMPARE(set->pixels(Split::Test).sizes(), torch::IntArrayRef({3, 1, 10, 12}));
    }

    void greyPicturesStayGrey()
    {
        writePicture(m_root / "a/1.png", picture(1, 6, 8, 1));
        QCOMPARE(inspected().card.info.channels, 1);
        writePicture(m_root / "a/2.png", picture(1, 6, 8, 3));
        const DataImport import = inspected();
        QCOMPARE(import.card.info.channels, 3);
        QVERIFY(found(import.findings, "1 of 2 pictures are grey; they are read as colours."));
    }

    void brokenPicturesAreLeftOutOnRequest()
    {
        fill("a", 4);
        writeText(m_root / "a/broken.png", "");
        auto cut = imaging::encodePng(picture(1, 40, 40));
        cut.resize(cut.size() / 2);
        writeBytes(m_root / "a/cut.png", cut);
        const DataImport strict = inspected({{"split", "test"}});
        QCOMPARE(strict.card.info.testCount, 6);
        const std::string first =
            (m_root / "a/broken.png").string() + ": is empty. Fetch or save the picture again.";
        QVERIFY2(found(strict.findings, "1 of 6 pictures cannot be read (" + first +
                                            "). Mend them, or set 'broken' to 'leave out'."),
                 allOf(strict.findings).c_str());
        const DataImport mild = inspected({{"split", "test"}, {"broken", "leave out"}});
        QCOMPARE(mild.card.info.testCount, 4);
        QVERIFY(mild.card.options["leftOut"] == Json::array({"a/broken.png", "a/cut.png"}));
        QVERIFY2(found(mild.findings, "2 pictures cannot be read and will be left out (the first: " + first +
                                          "). Mend them and import the data set again to have them."),
                 allOf(mild.findings).c_str());
        QCOMPARE(folderFormat().open(mild.card)->pixels(Split::Test).size(0), 4);
    }

    void classNamesCanBeOrderedAndRenamed()
    {
        fill("n01", 2);
        fill("n02", 1, 10);
        const auto with = [&](std::vector<std::string> names) {
            return folderFormat().inspect(m_root, {.classes = names, .options = {{"split", "test"}}});
        };
        const DataImport ordered = with({"n02", "n01"});
        const auto set = folderFormat().open(ordered.card);
        QVERIFY(torch::equal(set->labels(Split::Test), torch::tensor({1, 1, 0}, torch::kInt64)));
        QCOMPARE(set->info().classes, (std::vector<std::string>{"n02", "n01"}));
        const auto renamed = folderFormat().open(with({"dog", "cat"}).card);
        QVERIFY(torch::equal(renamed->labels(Split::Test), torch::tensor({0, 0, 1}, torch::kInt64)));
        QCOMPARE(renamed->info().classes, (std::vector<std::string>{"dog", "cat"}));
        QVERIFY(found(with({"dog"}).findings,
                      "1 class names are given for the 2 classes that were found. Name each once."));
    }

    void newClassFoldersAreNoticed()
    {
        fill("a", 2);
        const DataImport import = inspected();
        fill("b", 1);
        QCOMPARE(sentenceOf([&] { folderFormat().open(import.card); }),
                 QString::fromStdString(m_root.string()) +
                     ": has the class 'b', which its card does not know. Import the data set again.");
    }

    void badOptionsAreSentences_data()
    {
        QTest::addColumn<QString>("options");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("fit") << R"({"fit": "fill"})"
                             << "option 'fit' is 'fill'; it must be one of crop, stretch, letterbox.";
        QTest::newRow("height") << R"({"height": 5000})"
                                << "option 'height' is 5000; it must be 1 to 4096.";
        QTest::newRow("channels") << R"({"channels": 2})"
                                  << "option 'channels' is 2; it must be 1 or 3.";
        QTest::newRow("background") << R"({"background": "red"})"
                                    << "option 'background' is 'red'; it must be a colour like #ffffff.";
        QTest::newRow("type")
            << R"({"width": "wide"})"
            << "field 'width' must be an integer of at least 0. Correct the data card's options.";
    }

    void badOptionsAreSentences()
    {
        QFETCH(QString, options);
        QFETCH(QString, sentence);
        fill("a", 2);
        QCOMPARE(sentenceOf([&] { opened(Json::parse(options.toStdString())); }),
                 QString::fromStdString(m_root.string()) + ": " + sentence);
    }
};

QTEST_GUILESS_MAIN(TestFolderFormat)
#include "tst_folder_format.moc"

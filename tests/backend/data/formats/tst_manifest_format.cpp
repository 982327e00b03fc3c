#include "backend/data/formats/image_formats.h"
#include "backend/data/formats/manifest_file.h"
#include "tests/backend/data/picture_files.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::data;
using namespace assay::test;

namespace fs = std::filesystem;

class TestManifestFormat : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path m_root;
    fs::path m_file;

    DataImport inspected(const std::string& text, const Json& options = Json::object())
    {
        writeText(m_file, text);
        return manifestFormat().inspect(m_file, {.options = options});
    }

    std::shared_ptr<const Dataset> opened(const std::string& text, const Json& options = Json::object())
    {
        return manifestFormat().open(inspected(text, options).card);
    }

private Q_SLOTS:
    void init()
    {
        m_root = fs::path(m_dir.path().toStdString()) / QString(QTest::currentTestFunction()).toStdString();
        fs::create_directories(m_root);
        m_file = m_root / "set.csv";
        for (int i = 0; i < 4; ++i)
            writePicture(m_root / "pics" / ("p" + std::to_string(i) + ".png"), picture(i));
        writePicture(m_root / "pics" / "a, \"b\".png", picture(9));
    }

    void everyColumn()
    {
        const std::string text = "\xef\xbb\xbfPath,label,split,caption,domain,age,skin tone,glasses\r\n"
                                 "pics/p0.png,cat,train,\"a cat, \"\"asleep\"\"\nat noon\",A,3.5,2,yes\r\n"
                                 "\r\n"
                                 "\"pics/a, \"\"b\"\".png\",dog,train,,B,,1,\r\n"
                                 "pics/p1.png,cat,TEST,x,A,7.25,2,no\r\n";
        const DataImport import = inspected(text);
        QCOMPARE(std::string(recogniseData(m_file)->name), "manifest");
        QCOMPARE(import.card.info.attributes,
                 (std::vector<std::string>{"domain", "age", "skin tone", "glasses"}));
        QVERIFY2(
            found(import.findings,
                  "Attributes: domain (2 values), age (numbers), skin tone (2 values), glasses (2 values)."),
            allOf(import.findings).c_str());
        const auto set = manifestFormat().open(dataCardFromJson(toJson(import.card), "card"));
        QCOMPARE(set->info().classes, (std::vector<std::string>{"cat", "dog"}));
        const SampleTable& train = set->samples(Split::Train);
        QCOMPARE(train.names, (std::vector<std::string>{"pics/p0.png", "pics/a, \"b\".png"}));
        QCOMPARE(train.captions[0], "a cat, \"asleep\"\nat noon");
        QVERIFY(torch::equal(set->labels(Split::Train), torch::tensor({0, 1}, torch::kInt64)));
        QVERIFY(torch::equal(set->pixels(Split::Train)[1], picture(9)));
        QCOMPARE(train.find("domain")->values, (std::vector<std::string>{"A", "B"}));
        QVERIFY(torch::equal(train.find("glasses")->codes, torch::tensor({1, -1}, torch::kInt32)));
        QCOMPARE(train.find("age")->numbers[0].item<double>(), 3.5);
        QVERIFY(std::isnan(train.find("age")->numbers[1].item<double>()));
        QCOMPARE(set->samples(Split::Test).find("skin tone")->values, (std::vector<std::string>{"1", "2"}));
        QVERIFY(torch::equal(set->samples(Split::Test).find("skin tone")->codes,
                             torch::tensor({1}, torch::kInt32)));
    }

    void kindOfColumnCanBeSaid()
    {
        const std::string text = "path,label,n\npics/p0.png,a,10\npics/p1.png,a,9\n";
        const auto found = opened(text, {{"split", "train"}});
        QCOMPARE(found->samples(Split::Train).find("n")->values, (std::vector<std::string>{"9", "10"}));
        const auto said = opened(text, {{"split", "train"}, {"numeric", Json::array({"n"})}});
        QCOMPARE(said->samples(Split::Train).find("n")->numbers[0].item<double>(), 10);
        QVERIFY(said->hash() == found->hash()); // the same pictures from the same file
    }

    void wholeNumbersAreLabels()
    {
        const auto set = opened("file,class\npics/p0.png,10\npics/p1.png,2\n", {{"split", "test"}});
        QVERIFY(torch::equal(set->labels(Split::Test), torch::tensor({10, 2}, torch::kInt64)));
        QCOMPARE(set->info().classes.size(), 11u);
    }

    void boxes()
    {
        const auto set = opened("path,label,x,y,width,height,category\n"
                                "pics/p0.png,street,1,2,3,4,car\n"
                                "pics/p1.png,street,,,,,\n"
                                "pics/p0.png,street,0.5,0,2,2,bus\n",
                                {{"split", "test"}});
        QCOMPARE(set->size(Split::Test), 2);
        const SampleTable& table = set->samples(Split::Test);
        QCOMPARE(table.boxClasses, (std::vector<std::string>{"car", "bus"}));
        QCOMPARE(table.boxes.size(), 2u);
        QCOMPARE(table.boxes[0].height, 4.0f);
        QCOMPARE(table.boxes[1].x, 0.5f);
        QCOMPARE(table.boxes[1].category, 1);
        QCOMPARE(table.boxes[1].sample, 0);
    }

    void validationBesideTest()
    {
        const std::string text = "path,label,split,x,y,width,height\npics/p0.png,a,val,1,1,1,1\n"
                                 "pics/p1.png,a,test,2,2,2,2\npics/p2.png,b,train,,,,\n";
        const DataImport import = inspected(text);
        QCOMPARE(import.card.info.testCount, 1);
        QCOMPARE(import.card.info.trainCount, 1);
        QVERIFY2(found(import.findings,
                       "1 picture for validation beside those for testing: not used. Change the "
                       "column split to use them."),
                 allOf(import.findings).c_str());
        const auto set = manifestFormat().open(import.card);
        QCOMPARE(set->samples(Split::Test).names[0], "pics/p1.png");
        QCOMPARE(set->samples(Split::Test).boxes.size(), 1u);
        QCOMPARE(set->samples(Split::Test).boxes[0].x, 2.0f);
    }

    void mistakesAreSentences_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* name, const char* text, const char* sentence) {
            QTest::newRow(name) << text << sentence;
        };
        row("empty", "", "is empty. Give it a header with the columns path and label.");
        row("no header", "pics/p0.png,cat\n",
            "has no columns path and label in its first line. Name the columns there; a path and a label are "
            "needed.");
        row("no rows", "path,label\n", "lists no pictures. Add a row for each picture.");
        row("short", "path,label,n\npics/p0.png,cat\n",
            "line 2 has 2 fields; the header has 3. Quote fields that hold a separator.");
        row("no label", "path,label\npics/p0.png,\n", "line 2 has no label. Fill it in, or remove the line.");
        row("twice", "path,label\npics/p0.png,a\npics/p0.png,a\n",
            "line 3 lists the picture 'pics/p0.png' again. List each picture once, or give each of its rows "
            "a box.");
        row("two labels", "path,label,x,y,width,height\np,a,1,1,1,1\np,b,1,1,1,1\n",
            "line 3 gives the picture 'p' another label. Give all rows of a picture the same label; a box's "
            "own "
            "class stands in the column category.");
        row("split", "path,label,split\np,a,dev\n", "line 2 has the split 'dev'. Write train, test or val.");
        row("half a box", "path,label,x,y,width,height\np,a,1,1,,\n",
            "line 2 has a box with 2 of its 4 numbers. Fill in x, y, width and height, or none of them.");
        row("flat box", "path,label,x,y,width,height\np,a,1,1,0,2\n",
            "line 2 has a box that is no rectangle. Write x, y, width and height as numbers of pixels, width "
            "and "
            "height above 0.");
        row("endless box", "path,label,x,y,width,height\np,a,inf,1,1,2\n",
            "line 2 has a box that is no rectangle. Write x, y, width and height as numbers of pixels, width "
            "and "
            "height above 0.");
        row("two columns", "path,label,Age,age\np,a,1,1\n",
            "has two columns named 'age'. Give each column a name of its own.");
        row("outside", "path,label\n../secret.png,a\n",
            "line 2 has the path '../secret.png', which leads out of the file's folder. Name pictures "
            "relative to "
            "the file, or allow files outside.");
        row("absolute", "path,label\n/etc/passwd,a\n",
            "line 2 has the path '/etc/passwd', which leads out of the file's folder. Name pictures relative "
            "to "
            "the file, or allow files outside.");
        row("latin", "path,label\np\xe4.png,a\n", "is no UTF-8 text. Save it again as CSV in UTF-8.");
        row("quote", "path,label\n\"p,a\n",
            "line 2 opens a quote that is never closed. Save it again as CSV (RFC 4180).");
    }

    void mistakesAreSentences()
    {
        QFETCH(QString, text);
        QFETCH(QString, sentence);
        std::string bytes = text.toUtf8().toStdString();
        if (QTest::currentDataTag() == std::string("latin"))
            bytes = "path,label\np\xe4.png,a\n";
        QCOMPARE(sentenceOf([&] { inspected(bytes); }),
                 QString::fromStdString(m_file.string()) + ": " + sentence);
    }

    void hugeLinesAreRefused()
    {
        QVERIFY(sentenceOf([&] {
                    inspected("path,label\n" + std::string(20 << 20, 'x') + ",a\n");
                }).contains("has a field of more than 64 KiB"));
        std::string wide = "path,label";
        for (int i = 0; i < 600; ++i)
            wide += ",c" + std::to_string(i);
        QVERIFY(sentenceOf([&] {
                    inspected(wide + "\n");
                }).contains("has 602 columns; at most 512 attributes are read. Remove columns."));
    }

    void outsideOnRequest()
    {
        const fs::path elsewhere = fs::path(m_dir.path().toStdString()) / "elsewhere.png";
        writePicture(elsewhere, picture(5));
        const std::string text = "path,label\n" + elsewhere.string() + ",a\n../elsewhere.png,b\n";
        const auto set = opened(text, {{"outside", true}, {"split", "test"}});
        QVERIFY(torch::equal(set->pixels(Split::Test)[0], picture(5)));
        QVERIFY(torch::equal(set->pixels(Split::Test)[1], picture(5)));
    }

    void missingPicturesAreFound()
    {
        const DataImport import = inspected("path,label\npics/p0.png,a\npics/gone.png,a\n");
        QVERIFY2(
            found(import.findings,
                  "1 of 2 pictures cannot be read (" + (m_root / "pics/gone.png").string() +
                      ": no such file. Put the picture back, or import the data set again.). Mend them, or "
                      "set 'broken' to 'leave out'."),
            allOf(import.findings).c_str());
    }

    void otherCsvFilesAreNotManifests()
    {
        writeText(m_file, "a,b\n1,2\n");
        QVERIFY(!manifestFormat().recognises(m_file));
        writeText(m_root / "x.txt", "path,label\n");
        QVERIFY(!manifestFormat().recognises(m_root / "x.txt"));
    }

    void hundredThousandRowsAreQuick()
    {
        std::string text = "path,label,site,age\n";
        for (int i = 0; i < 100'000; ++i)
            text += "pics/" + std::to_string(i) + ".png,c" + std::to_string(i % 100) + ",s" +
                    std::to_string(i % 7) + "," + std::to_string(i % 97) + ".5\n";
        for (int i = 0; i < 512; ++i) { // those that are looked at
            const fs::path file = m_root / "pics" / (std::to_string(i) + ".png");
            writePicture(file, picture(1));
        }
        QElapsedTimer timer;
        timer.start();
        const DataImport import = inspected(text);
        QVERIFY2(timer.elapsed() < 10'000, qPrintable(QString::number(timer.elapsed())));
        QCOMPARE(import.card.info.trainCount + import.card.info.testCount, 100'000);
        QCOMPARE(import.card.info.classes.size(), 100u);
        timer.restart();
        QCOMPARE(manifestFormat().open(import.card)->samples(Split::Train).attributes.size(), 2u);
        QVERIFY2(timer.elapsed() < 10'000, qPrintable(QString::number(timer.elapsed())));
    }
};

QTEST_GUILESS_MAIN(TestManifestFormat)
#include "tst_manifest_format.moc"

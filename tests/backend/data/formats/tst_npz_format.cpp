#include "backend/arrays/npy_write.h"
#include "backend/data/arrays/npz_images.h"
#include "backend/data/arrays/split_rule.h"
#include "backend/data/formats/npz_format.h"
#include "tests/backend/arrays/file_bytes.h"
#include "tests/backend/data/formats/set_folder.h"

#include <QTest>

using namespace assay;
using namespace assay::data;
using namespace assay::test;
using Level = protocol::Finding::Level;

/// Files that numpy wrote, read back as data sets.
class TestNpzFormat : public QObject
{
    Q_OBJECT

    std::unique_ptr<SetFolder> m_sets;

    DataImport inspect(const std::string& name, const Json& options = Json::object())
    {
        DataCorrections corrections;
        corrections.options = options;
        return kNpzFormat.inspect(m_sets->at(name), corrections);
    }

    /// Inspects and opens by the card; both must give the same.
    std::shared_ptr<const Dataset> open(const std::string& name, const Json& options = Json::object())
    {
        const DataImport import = inspect(name, options);
        if (!import.asks.empty())
            throw std::runtime_error("asks for " + import.asks.front());
        auto set = kNpzFormat.open(dataCardFromJson(toJson(import.card), "card"));
        if (set->hash() != import.card.sha256 || set->info().classes != import.card.info.classes)
            throw std::runtime_error("the card opens as something else");
        return set;
    }

    QString problem(const std::string& name, const Json& options = Json::object())
    {
        return problemOf(m_sets->at(name), [&] { inspect(name, options); });
    }

    static torch::Tensor ids(std::int64_t begin, std::int64_t end) { return torch::arange(begin, end); }

private Q_SLOTS:
    void initTestCase() { m_sets = std::make_unique<SetFolder>(); }

    void readsKerasKeys()
    {
        for (const char* name : {"keras.npz", "loose"}) {
            QVERIFY(kNpzFormat.recognises(m_sets->at(name)));
            const auto set = open(name);
            QVERIFY(torch::equal(set->pixels(Split::Train), expectedPixels(ids(0, 6), 1, 4, 5)));
            QVERIFY(torch::equal(set->pixels(Split::Test), expectedPixels(ids(6, 8), 1, 4, 5)));
            QVERIFY(torch::equal(set->labels(Split::Train), ids(0, 6) % 3));
            QCOMPARE(set->info().classes, std::vector<std::string>({"0", "1", "2"}));
        }
    }

    void readsMedMnistKeys()
    {
        const DataImport import = inspect("medmnist.npz");
        QVERIFY(hasFinding(import.findings, Level::Info, "Validation images belong to the training split."));
        const auto set = open("medmnist.npz");
        QVERIFY(torch::equal(set->pixels(Split::Train), expectedPixels(ids(0, 9), 3, 4, 5)));
        QVERIFY(torch::equal(set->pixels(Split::Test), expectedPixels(ids(9, 11), 3, 4, 5)));
        QVERIFY(torch::equal(set->labels(Split::Test), torch::ones({2}, torch::kInt64)));
        const Attribute* age = set->samples(Split::Train).find("age");
        QVERIFY(age && torch::equal(age->numbers, torch::arange(9, torch::kFloat64)));
        const torch::Tensor rest = set->samples(Split::Test).find("age")->numbers;
        QVERIFY(rest[0].item<double>() == 9.0 && std::isnan(rest[1].item<double>()));
    }

    void dividesByTheFixedRule()
    {
        const auto set = open("single.npz");
        const auto [train, test] = hashSplit(40);
        QVERIFY(test.size(0) > 2 && test.size(0) < 16);
        QVERIFY(torch::equal(set->pixels(Split::Train), expectedPixels(train, 3, 4, 5)));
        QVERIFY(torch::equal(set->pixels(Split::Test), expectedPixels(test, 3, 4, 5)));
        // Texts are classes in the order of the alphabet: "dog", "cat", "dog", ... are 1, 0, 1, ...
        QCOMPARE(set->info().classes, std::vector<std::string>({"cat", "dog"}));
        QVERIFY(torch::equal(set->labels(Split::Test), 1 - test % 2));
    }

    void dividesAFifth()
    {
        const auto [train, test] = hashSplit(100'000);
        QVERIFY(std::abs(double(test.size(0)) - 20'000) < 3 * 126.5); // three deviations of a binomial
        QCOMPARE(train.size(0) + test.size(0), std::int64_t(100'000));
        // Fixed for ever: cards in use depend on it.
        QVERIFY(torch::equal(hashSplit(40).second,
                             torch::tensor({0, 1, 5, 7, 9, 16, 23, 26, 31, 35}, torch::kInt64)));
    }

    void keepsWhatIsKnownOfTheSamples()
    {
        const DataImport import = inspect("single.npz");
        QCOMPARE(import.card.info.attributes, std::vector<std::string>({"age", "domain", "glasses", "tone"}));
        const auto set = open("single.npz");
        const auto test = hashSplit(40).second;
        const SampleTable& samples = set->samples(Split::Test);
        const auto first = test[0].item<std::int64_t>();
        QCOMPARE(samples.names.at(0), std::to_string(first) + ".png");
        QCOMPARE(samples.captions.at(0), "picture " + std::to_string(first));
        QVERIFY(torch::equal(samples.find("age")->numbers, test.to(torch::kFloat64) / 2));
        QCOMPARE(samples.find("domain")->values, std::vector<std::string>({"0", "1"}));
        QVERIFY(torch::equal(samples.find("domain")->codes, (test % 2).to(torch::kInt32)));
        QCOMPARE(samples.find("glasses")->values, std::vector<std::string>({"false", "true"}));
        QVERIFY(torch::equal(samples.find("glasses")->codes, (test % 2 == 0).to(torch::kInt32)));
        // "", "light", "dark", "dark": an empty text is not known.
        const Attribute* tone = samples.find("tone");
        QCOMPARE(tone->values, std::vector<std::string>({"dark", "light"}));
        const torch::Tensor codes = torch::tensor({-1, 1, 0, 0}, torch::kInt32).index_select(0, test % 4);
        QVERIFY(torch::equal(tone->codes, codes));
    }

    void dividesByAnArray()
    {
        const auto set = open("split.npz");
        QVERIFY(torch::equal(set->pixels(Split::Test), expectedPixels(ids(0, 5) * 2 + 1, 1, 4, 5)));
        QCOMPARE(set->info().classes, std::vector<std::string>({"even", "odd"}));
        const auto byHash = open("split.npz", {{"split", "hash"}});
        QVERIFY(torch::equal(byHash->pixels(Split::Test), expectedPixels(hashSplit(10).second, 1, 4, 5)));
        QVERIFY(problem("split.npz", {{"split", "X"}})
                    .endsWith("array 'X': must hold one value for each of the 10 samples."));
        QCOMPARE(
            problem("split.npz", {{"split", "none"}}),
            QString("FILE: has no array 'none'. Set split to hash, or to an array that says which samples "
                    "are for testing."));
    }

    void bringsAllValuesToBytes_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("layout");
        QTest::addColumn<QString>("range");
        QTest::addColumn<int>("channels");
        QTest::newRow("planes of 0..1") << "planes.npz"
                                        << "NCHW"
                                        << "0..1" << 3;
        QTest::newRow("-1..1 in half precision") << "signed.npz"
                                                 << "NHWC"
                                                 << "-1..1" << 3;
        QTest::newRow("0..255 as reals") << "reals255.npz"
                                         << "NHWC"
                                         << "0..255" << 3;
        QTest::newRow("16 bit") << "sixteen.npz"
                                << "NHW"
                                << "0..65535" << 1;
        QTest::newRow("alpha left out") << "alpha.npz"
                                        << "NHWC"
                                        << "0..255" << 3;
        QTest::newRow("one of each kind") << "only_one.npz"
                                          << "NHWC"
                                          << "0..255" << 3;
    }

    void bringsAllValuesToBytes()
    {
        QFETCH(QString, name);
        QFETCH(QString, layout);
        QFETCH(QString, range);
        QFETCH(int, channels);
        const DataImport import = inspect(name.toStdString());
        QCOMPARE(QString::fromStdString(import.card.options["layout"].get<std::string>()), layout);
        QCOMPARE(QString::fromStdString(import.card.options["range"].get<std::string>()), range);
        const auto set = open(name.toStdString());
        const torch::Tensor train = hashSplit(10).first;
        QVERIFY(torch::equal(set->pixels(Split::Train),
                             expectedPixels(train, channels, name == "alpha.npz" ? 6 : 4, 5)));
    }

    void takesRowsAsSquares()
    {
        const DataImport import = inspect("flat.npz");
        QVERIFY(hasFinding(import.findings, Level::Warning,
                           "The brightest value is 16 of 255: set the range to 0..16 if that is white."));
        const auto set = open("flat.npz", {{"range", "0..16"}});
        const torch::Tensor raw = expectedPixels(hashSplit(10).first, 1, 4, 4) % 17;
        QVERIFY(torch::equal(set->pixels(Split::Train),
                             (raw.to(torch::kFloat64) * 255 / 16).round().to(torch::kUInt8)));
    }

    void readsOneHotLabels()
    {
        const auto set = open("onehot.npz");
        QVERIFY(torch::equal(set->labels(Split::Train), hashSplit(10).first % 2));
    }

    void asksWhatNobodyCanKnow()
    {
        DataImport import = inspect("ambiguous.npz");
        QCOMPARE(import.asks, std::vector<std::string>({"layout"}));
        QCOMPARE(open("ambiguous.npz", {{"layout", "NHWC"}})->info().height, std::int64_t(3));
        import = inspect("odd_range.npz");
        QCOMPARE(import.asks, std::vector<std::string>({"range"}));
        const auto set = open("odd_range.npz", {{"range", "-2..3"}});
        QVERIFY(torch::equal(set->pixels(Split::Train), expectedPixels(hashSplit(10).first, 3, 4, 5)));
        import = inspect("strange_keys.npz");
        QCOMPARE(import.asks, std::vector<std::string>({"images", "labels"}));
        QVERIFY2(
            hasFinding(import.findings, Level::Warning,
                       "Which arrays hold the images and their labels is not clear. There are first [10, 4, "
                       "5, 3], second [10, 4, 5, 3], third [10]."),
            listed(import.findings).c_str());
        QCOMPARE(inspect("strange_keys.npz", {{"images", "second"}}).asks,
                 std::vector<std::string>({"labels"}));
        QCOMPARE(open("strange_keys.npz", {{"images", "second"}, {"labels", "third"}})->info().classes.size(),
                 std::size_t(10));
    }

    void warnsOfWhatLooksWrong()
    {
        QVERIFY(hasFinding(inspect("gap.npz").findings, Level::Warning,
                           "1 of 3 classes have no images, the first is '0': check whether the labels count "
                           "from 0."));
        const DataImport cut = inspect("reals255.npz", {{"range", "0..1"}});
        QVERIFY(hasFinding(cut.findings, Level::Warning,
                           "Some values lie outside of 0..1 and are cut: check the range."));
    }

    void namesAreTheUsers()
    {
        DataCorrections corrections;
        corrections.classes = std::vector<std::string>{"Katze", "Hund"};
        corrections.title = "Tiere";
        const DataImport import = kNpzFormat.inspect(m_sets->at("single.npz"), corrections);
        QCOMPARE(import.card.info.title, std::string("Tiere"));
        const auto set = kNpzFormat.open(import.card);
        QCOMPARE(set->info().classes, *corrections.classes);
        QVERIFY(torch::equal(set->labels(Split::Test), 1 - hashSplit(40).second % 2));
        corrections.classes = std::vector<std::string>{"one"};
        QCOMPARE(problemOf(m_sets->at("single.npz"),
                           [&] { kNpzFormat.inspect(m_sets->at("single.npz"), corrections); }),
                 QString("FILE: label 1 has no class name; 1 are given. Name every class."));
    }

    void namesTheDamage_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("NaN")
            << "nan.npz"
            << "FILE, array 'images': image 4 holds a value that is no finite number. Leave the "
               "image out, or mend its values.";
        QTest::newRow("several labels")
            << "multilabel.npz"
            << "FILE, array 'labels': sample 0 has not exactly one class. Keep one "
               "label a sample; several at once are not supported.";
        QTest::newRow("half labels") << "half_labels.npz"
                                     << "FILE, array 'labels': sample 1 has the label 0.5, which is no whole "
                                        "number. Number the classes from 0.";
        QTest::newRow("negative label") << "negative.npz"
                                        << "FILE: label -1 is negative; classes count from 0.";
    }

    void namesTheDamage()
    {
        QFETCH(QString, name);
        QFETCH(QString, sentence);
        QCOMPARE(problem(name.toStdString()), sentence);
    }

    void refusesWhatDoesNotFitMemory()
    {
        // Ten thousand times the pixels that are there: refused by the header, before the values are looked
        // at.
        const auto path = m_sets->at("lying.npz");
        arrays::writeNpz(path, {{"images", torch::zeros({16, 2, 2}, torch::kUInt8)},
                                {"labels", torch::zeros({16}, torch::kInt64)}});
        Bytes bytes = readBytes(path);
        const std::string shape = "(16, 2, 2), }         ";
        const std::string lie = "(16, 65536, 65536), } ";
        const auto at = std::search(bytes.begin(), bytes.end(), shape.begin(), shape.end());
        QVERIFY(at != bytes.end());
        std::copy(lie.begin(), lie.end(), at);
        writeBytes(path, bytes);
        QCOMPARE(problem("lying.npz"),
                 QString("FILE: holds 68719476736 pixel values; at most 4294967296 fit into memory. Save the "
                         "images as files in a folder for each class."));
    }

    void recognisesByContent()
    {
        QVERIFY(!kNpzFormat.recognises(m_sets->at("pair")));
        QVERIFY(!kNpzFormat.recognises(m_sets->at("two/emnist-test-images-idx3-ubyte")));
        writeText(m_sets->at("broken.npz"), "no archive");
        QVERIFY(kNpzFormat.recognises(m_sets->at("broken.npz")));
        QCOMPARE(problem("broken.npz"), QString("FILE: is no ZIP archive: it is too short. Fetch it again."));
        std::filesystem::copy_file(m_sets->at("keras.npz"), m_sets->at("mislabelled.bin"));
        QVERIFY(kNpzFormat.recognises(m_sets->at("mislabelled.bin")));
        QCOMPARE(recogniseData(m_sets->at("mislabelled.bin")), &kNpzFormat);
    }

    void readsRanges()
    {
        QCOMPARE(ValueRange::parse("-1..1", "x").low, -1.0);
        QCOMPARE(ValueRange::parse("0.5..16", "x").text(), std::string("0.5..16"));
        for (const char* text : {"", "1", "..", "1..", "2..1", "1..1", "a..b", "nan..1", "0..inf"})
            QVERIFY_EXCEPTION_THROWN(ValueRange::parse(text, "x"), Error);
    }
};

QTEST_GUILESS_MAIN(TestNpzFormat)
#include "tst_npz_format.moc"

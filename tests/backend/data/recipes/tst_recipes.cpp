#include "backend/data/catalogue.h"
#include "backend/data/recipes/data_recipe.h"
#include "backend/data/recipes/digits.h"
#include "backend/data/recipes/emoji_concepts.h"
#include "backend/imaging/image_codec.h"
#include "backend/imaging/svg.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json.h"

#include <QCryptographicHash>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <algorithm>
#include <fstream>
#include <set>

using namespace assay;
using namespace assay::data;

namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text)
{
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
}

std::string sha256(const fs::path& file)
{
    QFile input(QString::fromStdString(file.string()));
    QCryptographicHash hash(QCryptographicHash::Sha256);
    return input.open(QIODevice::ReadOnly) && hash.addData(&input) ? hash.result().toHex().toStdString() : "";
}

std::string messageOf(const std::function<void()>& call)
{
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

std::string square(const char* colour)
{
    return std::string(
               "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 4'><rect x='1' y='1' width='2' "
               "height='2' fill='") +
           colour + "'/></svg>";
}

/// A line of scikit-learn's digits: 64 values and a label.
std::string digitLine(const std::function<int(int, int)>& value, int label)
{
    std::string line;
    for (int row = 0; row < 8; ++row)
        for (int column = 0; column < 8; ++column)
            line += std::to_string(value(row, column)) + ',';
    return line + std::to_string(label);
}

/// Draws every SVG of the package "pictures": class by colour, split by name.
DrawnSet drawPictures(const BuildFolders& folders, const BuildHooks& hooks)
{
    DrawnSet set;
    std::vector<torch::Tensor> images;
    std::vector<std::int64_t> labels;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folders.packages.at("pictures")))
        files.push_back(entry.path());
    std::ranges::sort(files);
    for (const fs::path& file : files) {
        hooks.checkpoint();
        std::ifstream input(file);
        const std::string text{std::istreambuf_iterator<char>(input), {}};
        images.push_back(imaging::renderSvg({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()},
                                            8, file.string()));
        labels.push_back(text.find("red") == std::string::npos);
        set.samples.names.push_back(file.filename().string());
        set.inTest.push_back(file.stem() == "b");
    }
    set.images = torch::stack(images);
    set.labels = torch::tensor(labels);
    set.samples.attributes.push_back(
        {"domain", {"first", "second"}, torch::tensor({0, 1, -1}, torch::kInt32), {}});
    return set;
}

} // namespace

class TestRecipes : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    fs::path folder() const { return m_folder.path().toStdString(); }

    /// A registry on disk, which curl reads by file://, with one package of three pictures.
    SourcePackage publish(const std::string& version)
    {
        const fs::path inside = folder() / "made" / version / "package";
        write(inside / "a.svg", square("red"));
        write(inside / "b.svg", square("blue"));
        write(inside / "c.svg", square("red"));
        const fs::path file = folder() / "registry/pictures/-" / ("pictures-" + version + ".tgz");
        fs::create_directories(file.parent_path());
        runProgram("tar", {"-czf", file.string(), "-C", inside.parent_path().string(), "package"}, folder(),
                   "", {});
        return {.name = "pictures", .version = version, .sha256 = sha256(file), .licence = "CC0"};
    }

    PackageStore store(const std::string& name) const
    {
        return {.folder = folder() / name, .npmRegistry = "file://" + (folder() / "registry").string()};
    }

    DataRecipe recipe(const SourcePackage& package, std::int64_t train) const
    {
        return {.info = {.name = "squares",
                         .title = "Squares",
                         .licence = "CC0",
                         .note = "three",
                         .classes = {"red", "blue"},
                         .trainCount = train,
                         .testCount = 1,
                         .format = "npz"},
                .packages = {package},
                .draw = drawPictures};
    }

private Q_SLOTS:
    void setIsBuiltAndOpens()
    {
        const SourcePackage package = publish("1.0.0");
        const fs::path root = folder() / "data";
        const fs::path made = getData(recipe(package, 2), {.root = root, .store = store("cache")});
        QCOMPARE(made, root / "squares");
        const auto set = DatasetCatalogue({root}).open("squares");
        QCOMPARE(set->size(Split::Train), 2);
        QCOMPARE(set->size(Split::Test), 1);
        QCOMPARE(set->info().title, std::string("Squares"));
        QCOMPARE(set->info().classes, (std::vector<std::string>{"red", "blue"}));
        QVERIFY(torch::equal(set->labels(Split::Test), torch::tensor({std::int64_t(1)})));
        const torch::Tensor blue = set->pixels(Split::Test)[0];
        QCOMPARE(blue.sizes().vec(), (std::vector<std::int64_t>{3, 8, 8}));
        QVERIFY(torch::equal(blue.index({torch::indexing::Slice(), 4, 4}),
                             torch::tensor({0, 0, 255}, torch::kUInt8)));
        QVERIFY(torch::equal(blue.index({torch::indexing::Slice(), 0, 0}),
                             torch::tensor({255, 255, 255}, torch::kUInt8)));
        const Attribute* domain = set->samples(Split::Train).find("domain");
        QVERIFY(domain);
        QCOMPARE(domain->codes[1].item<int>(), -1);
        QCOMPARE(set->samples(Split::Train).names, (std::vector<std::string>{"a.svg", "c.svg"}));
        QVERIFY(fs::exists(made / "manifest.json"));
    }

    void secondBuildNeedsNoRegistry()
    {
        const SourcePackage package = publish("2.0.0");
        getData(recipe(package, 2), {.root = folder() / "once", .store = store("kept")});
        fs::remove_all(folder() / "registry/pictures");
        getData(recipe(package, 2), {.root = folder() / "twice", .store = store("kept")});
        QVERIFY(fs::exists(folder() / "twice/squares/data.npz"));
    }

    void otherFileIsRefused()
    {
        SourcePackage package = publish("3.0.0");
        package.sha256[0] = package.sha256[0] == '0' ? '1' : '0';
        const std::string text = messageOf(
            [&] { getData(recipe(package, 2), {.root = folder() / "none", .store = store("other")}); });
        QCOMPARE(text, std::string("pictures 3.0.0: what was downloaded is not the pinned file: its SHA-256 "
                                   "differs. Try again; if it stays so, the registry serves another file."));
        QVERIFY(!fs::exists(folder() / "none/squares"));
        QVERIFY(fs::is_empty(folder() / "none")); // nothing half built is left
    }

    void missingPackageIsASentence()
    {
        SourcePackage package = publish("4.0.0");
        package.version = "4.0.1";
        const std::string text = messageOf(
            [&] { getData(recipe(package, 2), {.root = folder() / "none", .store = store("missing")}); });
        QVERIFY2(text.starts_with("'curl' failed: "), text.c_str());
    }

    void wrongCountsAreRefusedAndTheOldSetStays()
    {
        const SourcePackage package = publish("5.0.0");
        const GetOptions options = {.root = folder() / "counts", .store = store("counted")};
        getData(recipe(package, 2), options);
        const std::string text = messageOf([&] { getData(recipe(package, 3), options); });
        QVERIFY2(text.find("gave 2 training and 1 test images, but the recipe says 3 and 1") !=
                     std::string::npos,
                 text.c_str());
        QVERIFY(fs::exists(folder() / "counts/squares/data.npz"));
    }

    void cancellingLeavesNothing()
    {
        const SourcePackage package = publish("6.0.0");
        GetOptions options = {.root = folder() / "cancelled", .store = store("stopped")};
        int calls = 0;
        options.hooks.checkpoint = [&] {
            if (++calls == 3)
                throw Cancelled{};
        };
        bool cancelled = false;
        try {
            getData(recipe(package, 2), options);
        } catch (const Cancelled&) {
            cancelled = true;
        }
        QVERIFY(cancelled);
        QVERIFY(fs::is_empty(folder() / "cancelled"));
    }

    void aFifthOfTheKeysIsForTesting()
    {
        int chosen = 0;
        for (int i = 0; i < 10000; ++i)
            chosen += drawnForTest("key " + std::to_string(i));
        // 52 of 256 byte values; four standard deviations of a binomial are 161.
        QVERIFY2(std::abs(chosen - 10000 * 52 / 256) < 161, std::to_string(chosen).c_str());
        QCOMPARE(drawnForTest("1F600"), drawnForTest("1F600"));
    }

    void conceptsAreGroupedAndThinnedOut()
    {
        Json list = Json::array();
        const auto add = [&](const std::string& code, const char* subcategory, bool google) {
            list.push_back({{"unified", code},
                            {"name", "THING " + code},
                            {"short_name", "thing"},
                            {"short_names", {"thing", "object"}},
                            {"subcategory", subcategory},
                            {"sheet_x", 1},
                            {"sheet_y", 2},
                            {"has_img_google", google},
                            {"has_img_twitter", true}});
        };
        add("1F405", "animal-mammal", true);
        add("1F408", "cat-face", true);
        add("1F40A", "animal-reptile", false); // google does not draw it
        add("1F46A", "family", true);
        for (int i = 0; i < 150; ++i)
            add("F" + std::to_string(1000 + i), "country-flag", true);
        write(folder() / "emoji.json", list.dump());
        const auto concepts = readEmojiConcepts(folder() / "emoji.json");
        QCOMPARE(concepts.size(), std::size_t(102));
        QCOMPARE(concepts[0].code, std::string("1F405"));
        QCOMPARE(concepts[0].name, std::string("thing 1f405"));
        QCOMPARE(concepts[0].keywords, std::string("thing object"));
        QCOMPARE(emojiClasses()[std::size_t(concepts[1].category)], std::string("mammal"));
        QCOMPARE(emojiClasses()[std::size_t(concepts[2].category)], std::string("flag"));
        write(folder() / "emoji.json", R"([{"unified": 3}])");
        QVERIFY(!messageOf([&] { readEmojiConcepts(folder() / "emoji.json"); }).empty());
    }

    void digitCellsAreReadRowByRow()
    {
        // A cell says where it is: its row, then its column; below, how far down in it one is.
        torch::Tensor picture =
            torch::arange(20, torch::kUInt8).view({1, 20, 1}).expand({50, 20, 2000}).reshape({1, 1000, 2000});
        for (std::int64_t row = 0; row < 50; ++row)
            for (std::int64_t column = 0; column < 100; ++column) {
                picture[0][20 * row][20 * column] = row;
                picture[0][20 * row][20 * column + 1] = column;
            }
        const auto png = imaging::encodePng(picture);
        write(folder() / "digits.png", {png.begin(), png.end()});
        const DigitSheet sheet = readDigitCells(folder() / "digits.png");
        QCOMPARE(sheet.images.sizes().vec(), (std::vector<std::int64_t>{5000, 1, 20, 20}));
        const torch::Tensor cells = sheet.images.squeeze(1).to(torch::kInt64);
        const torch::Tensor number = torch::arange(5000, torch::kInt64);
        QVERIFY(
            torch::equal(cells.select(1, 0).select(1, 0) * 100 + cells.select(1, 0).select(1, 1), number));
        QVERIFY(torch::equal(cells[4321].select(1, 7), torch::arange(20, torch::kInt64)));
        QVERIFY(torch::equal(sheet.labels, torch::floor_divide(number, 500)));
    }

    void anotherPictureIsNoSheetOfDigits()
    {
        const auto png = imaging::encodePng(torch::zeros({1, 2000, 1000}, torch::kUInt8)); // lies on its side
        write(folder() / "upright.png", {png.begin(), png.end()});
        QCOMPARE(messageOf([&] { readDigitCells(folder() / "upright.png"); }),
                 (folder() / "upright.png").string() + ": is not a picture of 50 by 100 digits.");
    }

    void digitLinesAreEnlarged()
    {
        const fs::path plain = folder() / "lines.csv";
        write(plain, digitLine([](int row, int column) { return row + column; }, 7) + "\r\n" +
                         digitLine([](int, int) { return 16; }, 0) + "\n");
        runProgram("gzip", {"-k", plain.string()}, folder(), "", {});
        for (const fs::path& file : {plain, folder() / "lines.csv.gz"}) {
            const DigitSheet sheet = readDigitLines(file);
            QCOMPARE(sheet.images.sizes().vec(), (std::vector<std::int64_t>{2, 1, 20, 20}));
            QCOMPARE(sheet.images.scalar_type(), torch::kUInt8);
            QVERIFY(torch::equal(sheet.labels, torch::tensor({std::int64_t(7), std::int64_t(0)})));
            QVERIFY(sheet.images[1].eq(255).all().item<bool>());
            // Between centres a slope stays what it is; outside the outermost ones nothing changes.
            const torch::Tensor at = ((torch::arange(20, torch::kFloat64) + 0.5) * 0.4 - 0.5).clamp(0, 7);
            const torch::Tensor exact = (at.view({20, 1}) + at) * (255.0 / 16);
            // Half a grey value of rounding, and a thousandth for float32.
            QVERIFY((sheet.images[0][0] - exact).abs().max().item<double>() < 0.501);
        }
    }

    void badDigitLinesAreNamed_data()
    {
        QTest::addColumn<QString>("line");
        const auto ones = [](int, int) { return 1; };
        const std::string good = digitLine(ones, 9);
        const auto row = [](const char* name, const std::string& line) {
            QTest::newRow(name) << QString::fromStdString(line);
        };
        row("17", digitLine([](int r, int c) { return r == 7 && c == 7 ? 17 : 1; }, 9));
        row("below nothing", digitLine([](int r, int c) { return r == 3 && c == 3 ? -1 : 1; }, 9));
        row("64 values", good.substr(0, good.size() - 2));
        row("66 values", good + ",1");
        row("label 10", digitLine(ones, 10));
        row("trailing comma", good + ',');
        row("64 values and a comma", good.substr(0, good.size() - 1));
        row("a letter", "a" + good.substr(1));
        row("a point", good + ".5");
        row("empty line", "");
    }
    void badDigitLinesAreNamed()
    {
        QFETCH(QString, line);
        const fs::path file = folder() / "bad.csv";
        const std::string good = digitLine([](int, int) { return 1; }, 9);
        write(file, good + '\n' + line.toStdString() + '\n' + good + '\n');
        QCOMPARE(messageOf([&] { readDigitLines(file); }),
                 file.string() + ", line 2: is no digit of 64 values from 0 to 16 and a label.");
    }

    void digitLinesThatAreNotThereAreASentence()
    {
        write(folder() / "empty.csv", "");
        QCOMPARE(messageOf([&] { readDigitLines(folder() / "empty.csv"); }),
                 (folder() / "empty.csv").string() + ": is damaged or empty.");
        QCOMPARE(messageOf([&] { readDigitLines(folder() / "gone.csv"); }),
                 (folder() / "gone.csv").string() + ": cannot be opened.");
    }

    void recipesAreSound()
    {
        std::set<std::string> names;
        for (const DataRecipe& recipe : dataRecipes()) {
            QVERIFY(names.insert(recipe.info.name).second);
            QVERIFY(recipe.info.trainCount > 0 && recipe.info.testCount > 0);
            QVERIFY(!recipe.info.licence.empty());
            for (const SourcePackage& package : recipe.packages)
                QCOMPARE(package.sha256.size(), std::size_t(64));
        }
        QVERIFY(messageOf([] { dataRecipe("emoij15"); }).find("emoji15, faces") != std::string::npos);
    }

    void brokenSvgIsRefused()
    {
        const std::string text = "<svg";
        const std::string message = messageOf([&] {
            imaging::renderSvg({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, 8, "x.svg");
        });
        QCOMPARE(message, std::string("x.svg: is no SVG picture that can be drawn."));
    }
};

QTEST_GUILESS_MAIN(TestRecipes)
#include "tst_recipes.moc"

#include "backend/data/formats/coco_file.h"
#include "backend/data/formats/image_formats.h"
#include "tests/backend/data/picture_files.h"

#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::data;
using namespace assay::test;

namespace fs = std::filesystem;

namespace {

/// Two small boxes of dogs and a large one of a cat on picture 1, a dog on 2, nothing on 3, a crowd on 4.
const char* const kAnnotations = R"({
  "info": {"description": "made for a test", "images": [1, 2]}, "licenses": [{"id": 1, "name": "x"}],
  "annotations": [
    {"id": 1, "image_id": 11, "category_id": 18, "bbox": [0, 0, 2, 2], "segmentation": [[1, 2, 3, 4]], "iscrowd": 0},
    {"id": 2, "image_id": 11, "category_id": 17, "bbox": [1, 1, 5.5, 4], "iscrowd": 0},
    {"id": 3, "image_id": 11, "category_id": 18, "bbox": [3, 0, 1, 2], "area": 2},
    {"id": 4, "image_id": 12, "category_id": 18, "bbox": [0, 0, 8, 6]},
    {"id": 5, "image_id": 14, "category_id": 17, "bbox": [0, 0, 8, 6], "iscrowd": 1},
    {"id": 6, "image_id": 14, "category_id": 17, "bbox": [0, 0, 0, 6]}],
  "images": [{"id": 11, "file_name": "p1.png", "width": 8, "height": 6}, {"id": 12, "file_name": "p2.png"},
             {"file_name": "p3.png", "id": 13}, {"id": 14, "file_name": "p4.png"}],
  "categories": [{"supercategory": "animal", "id": 17, "name": "cat"}, {"id": 18, "name": "dog"}]})";

} // namespace

class TestCocoFormat : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path m_root;

    std::shared_ptr<const Dataset> opened(const fs::path& location, const Json& options) const
    {
        return cocoFormat().open(cocoFormat().inspect(location, {.options = options}).card);
    }

    QString refused(const std::string& text) const
    {
        const fs::path file = m_root / "bad.json";
        writeText(file, text);
        return sentenceOf([&] { readCoco(file); }).remove(QString::fromStdString(file.string()) + ": ");
    }

private Q_SLOTS:
    void init()
    {
        m_root = fs::path(m_dir.path().toStdString()) / QTest::currentTestFunction();
        for (int i = 1; i <= 4; ++i)
            writePicture(m_root / "val2017" / ("p" + std::to_string(i) + ".png"), picture(i));
        writeText(m_root / "annotations/instances_val2017.json", kAnnotations);
    }

    void boxesAndLabels()
    {
        const fs::path file = m_root / "annotations/instances_val2017.json";
        QCOMPARE(std::string(recogniseData(file)->name), "coco");
        const DataImport import = cocoFormat().inspect(file, {.options = {{"split", "test"}}});
        const std::string all = allOf(import.findings);
        for (const char* sentence :
             {"4 boxes in 2 categories.", "1 crowd region left out: they bound no single object.",
              "1 annotation without a box of positive size left out.",
              "2 pictures without boxes left out: they have no class."})
            QVERIFY2(found(import.findings, sentence), all.c_str());
        const auto set = cocoFormat().open(dataCardFromJson(toJson(import.card), "card"));
        QCOMPARE(set->size(Split::Test), 2);
        QCOMPARE(set->info().classes, (std::vector<std::string>{"cat", "dog"}));
        QVERIFY(torch::equal(set->labels(Split::Test), torch::tensor({0, 1}, torch::kInt64)));
        QVERIFY(torch::equal(set->pixels(Split::Test)[1], picture(2)));
        const SampleTable& table = set->samples(Split::Test);
        QCOMPARE(table.names[0], "val2017/p1.png");
        QCOMPARE(table.boxes.size(), 4u);
        QCOMPARE(table.boxes[1].width, 5.5f);
        QCOMPARE(table.boxes[1].category, 0);
        QCOMPARE(table.boxes[3].sample, 1);
        QCOMPARE(table.boxClasses, (std::vector<std::string>{"cat", "dog"}));
    }

    void labelRules()
    {
        const fs::path file = m_root / "annotations/instances_val2017.json";
        const auto labels = [&](const char* rule) {
            return opened(file, {{"split", "test"}, {"label", rule}})->labels(Split::Test);
        };
        QVERIFY(torch::equal(labels("largest"), torch::tensor({0, 1}, torch::kInt64)));
        QVERIFY(torch::equal(labels("most"), torch::tensor({1, 1}, torch::kInt64)));
        QVERIFY(torch::equal(labels("single"), torch::tensor({1}, torch::kInt64)));
        QVERIFY(torch::equal(labels("none"), torch::tensor({0, 0, 0, 0}, torch::kInt64)));
        QCOMPARE(opened(file, {{"label", "none"}})->info().classes, (std::vector<std::string>{"picture"}));
    }

    void wholeFolderWithSplits()
    {
        writePicture(m_root / "train2017/t.png", picture(7));
        const char* const annotations = R"({
            "images": [{"id": 1, "file_name": "t.png"}],
            "annotations": [{"image_id": 1, "category_id": 18, "bbox": [1, 1, 2, 2]}],
            "categories": [{"id": 17, "name": "cat"}, {"id": 18, "name": "dog"}]})";
        writeText(m_root / "annotations/instances_train2017.json", annotations);
        QCOMPARE(std::string(recogniseData(m_root)->name), "coco");
        const auto set = opened(m_root, Json::object());
        QCOMPARE(set->size(Split::Train), 1);
        QCOMPARE(set->size(Split::Test), 2);
        QVERIFY(torch::equal(set->pixels(Split::Train)[0], picture(7)));
        QVERIFY(torch::equal(set->labels(Split::Train), torch::tensor({1}, torch::kInt64)));
    }

    void picturesElsewhereAreAskedFor()
    {
        fs::rename(m_root / "val2017", m_root / "elsewhere");
        const fs::path file = m_root / "annotations/instances_val2017.json";
        const DataImport import = cocoFormat().inspect(file, {});
        QCOMPARE(import.asks, std::vector<std::string>{"images"});
        QVERIFY(found(import.findings,
                      "The picture p1.png is in none of the usual folders. Set 'images' to the folder of the "
                      "pictures."));
        QCOMPARE(opened(file, {{"images", "elsewhere"}, {"split", "test"}})->size(Split::Test), 2);
        QCOMPARE(opened(file, {{"images", (m_root / "elsewhere").string()}, {"split", "test"}})
                     ->pixels(Split::Test)
                     .size(0),
                 2);
    }

    void hostileFiles()
    {
        QCOMPARE(refused("{\"images\": ["), "is no valid JSON at byte 13. Fetch the file again.");
        QCOMPARE(refused(""), "is no valid JSON at byte 1. Fetch the file again.");
        QCOMPARE(refused("{}"),
                 "lists no images or no categories. Export the annotations in COCO's form, with "
                 "images, annotations and categories.");
        QCOMPARE(refused("{\"x\": " + std::string(100'000, '[')), "is nested more than 64 levels deep.");
        // Raw strings stay out of macros: moc stumbles over them.
        const QString nameless = refused(R"({"images": [{"id": 1}]})");
        QCOMPARE(nameless,
                 "has an entry of its images without an id or a name. Export the annotations again.");
        const QString hugeId = refused(R"({"images": [{"id": 18446744073709551615}]})");
        QCOMPARE(hugeId, "has an id above 2^63.");
        const QString longName =
            refused(Json{{"images", {{{"id", 1}, {"file_name", std::string(5000, 'x')}}}}}.dump());
        QCOMPARE(longName, "has a name of 5000 bytes in its images; 1 to 4096 are allowed.");
    }

    void wrongReferences()
    {
        const auto with = [&](const char* annotations, const char* name) {
            const fs::path file = m_root / "annotations" / "wrong_val2017.json";
            writeText(file, Json{{"images", {{{"id", 1}, {"file_name", name}}}},
                                 {"categories", {{{"id", 1}, {"name", "a"}}}},
                                 {"annotations", Json::array({Json::parse(annotations)})}}
                                .dump());
            return sentenceOf([&] { cocoFormat().inspect(file, {}); })
                .remove(QString::fromStdString(file.string()) + ": ");
        };
        const char* const good = R"({"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]})";
        const char* const wrongImage = R"({"image_id": 5, "category_id": 1, "bbox": [0, 0, 1, 1]})";
        const char* const wrongCategory = R"({"image_id": 1, "category_id": 7, "bbox": [0, 0, 1, 1]})";
        QCOMPARE(with(good, "p1.png"), "no error");
        QCOMPARE(with(wrongImage, "p1.png"),
                 "has a box of the image 5, which it does not list. Export the annotations again.");
        QCOMPARE(with(wrongCategory, "p1.png"),
                 "has a box of the category 7, which it does not list. Export the annotations again.");
        QCOMPARE(with(good, "../../x.png"), "names the picture '../../x.png', which leads out of the folder. "
                                            "Correct the name, or allow files "
                                            "outside.");
    }
};

QTEST_GUILESS_MAIN(TestCocoFormat)
#include "tst_coco_format.moc"

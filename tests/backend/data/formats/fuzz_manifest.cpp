#include "backend/data/formats/coco_file.h"
#include "backend/data/formats/manifest_file.h"
#include "tests/backend/data/picture_files.h"

#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace assay;
using namespace assay::data;
using namespace assay::test;

/// Any bytes give a manifest (or COCO file) or an Error, never anything else.
class FuzzManifest : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    static std::string mutated(std::string text, std::mt19937& random)
    {
        constexpr char kTelling[] = {',', '"', '\n', '\r', ';', '\0', '.', '-', '9', '{', '[', '\\', '\xff'};
        for (std::uint32_t i = 0; i <= random() % 6; ++i) {
            const std::size_t at = random() % text.size();
            const char c = kTelling[random() % sizeof kTelling];
            if (random() % 2 == 0)
                text[at] = c;
            else
                text.insert(at, 1, c);
        }
        if (random() % 5 == 0)
            text.resize(random() % (text.size() + 1));
        return text;
    }

    template <class Read>
    void run(const std::string& seed, const char* name, Read read)
    {
        const auto file = std::filesystem::path(m_dir.path().toStdString()) / name;
        std::mt19937 random(20261124);
        int good = 0;
        for (int round = 0; round < 5000; ++round) {
            writeText(file, mutated(seed, random));
            try {
                read(file);
                ++good;
            } catch (const Error&) {
            }
        }
        QVERIFY(good > 0);
    }

private Q_SLOTS:
    void manifests()
    {
        run("path,label,split,x,y,width,height,age,site\n\"a,1.png\",cat,train,1,2,3,4,5.5,X\n"
            "b.png,dog,test,,,,,7,Y\nc.png,cat,val,0,0,9,9,,\"Z \"\"z\"\"\"\n",
            "a.csv", [](const auto& file) {
                const Manifest manifest = readManifest(file, false, Json::object());
                for (const Box& box : manifest.rows.boxes)
                    QVERIFY(box.sample < std::int64_t(manifest.rows.names.size()));
                for (const RowColumn& column : manifest.rows.columns)
                    QCOMPARE(column.values.empty() ? column.numbers.size() : column.codes.size(),
                             manifest.rows.names.size());
            });
    }

    void annotations()
    {
        run(R"({"images":[{"id":1,"file_name":"a.png"},{"id":2,"file_name":"b.png"}],"annotations":[{"image_id":1,)"
            R"("category_id":3,"bbox":[1,2,3.5,4]}],"categories":[{"id":3,"name":"x"}]})",
            "a.json", [](const auto& file) {
                looksLikeCoco(file);
                readCoco(file);
            });
    }
};

QTEST_GUILESS_MAIN(FuzzManifest)
#include "fuzz_manifest.moc"

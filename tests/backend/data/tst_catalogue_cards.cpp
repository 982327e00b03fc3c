#include "backend/data/catalogue.h"
#include "backend/data/recipes/data_recipe.h"
#include "picture_files.h"

#include <QTemporaryDir>
#include <QTest>

#include <chrono>

using namespace assay;
using namespace assay::data;
using namespace assay::test;

namespace fs = std::filesystem;

namespace {

const DatasetInfo* entryOf(const std::vector<DatasetInfo>& list, const std::string& name)
{
    for (const DatasetInfo& info : list) {
        if (info.name == name)
            return &info;
    }
    return nullptr;
}

} // namespace

/// Data sets that have a card, and those opened by their path.
class TestCatalogueCards : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path m_root;
    fs::path m_cards;

    fs::path pictures(const std::string& name, int count)
    {
        for (int i = 0; i < count; ++i)
            writePicture(m_root / name / (i % 2 == 0 ? "a" : "b") / (std::to_string(i) + ".png"), picture(i));
        return m_root / name;
    }

    DataCard cardFor(const fs::path& folder, const std::string& name) const
    {
        return dataFormat("folder").inspect(folder, {.name = name, .options = {{"split", "test"}}}).card;
    }

    DatasetCatalogue catalogue() const { return DatasetCatalogue({m_root / "sets"}, {m_cards}); }

private Q_SLOTS:
    void init()
    {
        m_root = fs::path(m_dir.path().toStdString()) / QTest::currentTestFunction();
        m_cards = m_root / "cards";
        fs::create_directories(m_cards);
    }

    void opensByName()
    {
        const fs::path folder = pictures("mine", 5);
        writeDataCard(m_cards / "mine.json", cardFor(folder, "mine"));
        const DatasetCatalogue sets = catalogue();
        const auto list = sets.list();
        QVERIFY(entryOf(list, "mine"));
        QVERIFY(entryOf(list, "mine")->available);
        QCOMPARE(entryOf(list, "mine")->warning, "");
        QCOMPARE(entryOf(list, "mine")->testCount, 5);
        const auto set = sets.open("mine");
        QCOMPARE(set->size(Split::Test), 5);
        QCOMPARE(sets.open("mine").get(), set.get());
        QVERIFY(sets.problems().empty());

        DataCard smaller = cardFor(folder, "mine");
        smaller.options["height"] = 3;
        writeDataCard(m_cards / "mine.json", smaller);
        QCOMPARE(sets.open("mine")->info().height, 3); // though the other is still in use
    }

    void opensAnyPath()
    {
        const fs::path folder = pictures("direct", 10);
        const auto set = catalogue().open(folder.string());
        QCOMPARE(set->size(Split::Train) + set->size(Split::Test), 10);
        QCOMPARE(set->info().name, folder.string());
        QCOMPARE(set->info().title, "direct");
    }

    void goneAndChangedFilesAreTold()
    {
        const fs::path folder = pictures("moving", 4);
        writeDataCard(m_cards / "moving.json", cardFor(folder, "moving"));
        const DatasetCatalogue sets = catalogue();
        const auto later = fs::file_time_type::clock::now() + std::chrono::hours(1);
        writePicture(folder / "b/new.png", picture(99));
        fs::last_write_time(folder / "b", later);
        QCOMPARE(QString::fromStdString(entryOf(sets.list(), "moving")->warning),
                 QString::fromStdString(folder.string()) +
                     ": has changed since it was imported. Import it again if that was intended.");
        fs::rename(folder, m_root / "moved");
        const auto list = sets.list();
        QVERIFY(!entryOf(list, "moving")->available);
        QCOMPARE(QString::fromStdString(entryOf(list, "moving")->problem),
                 QString::fromStdString(folder.string()) +
                     ": is gone. Put the files back, or import the data set again.");
        QCOMPARE(sentenceOf([&] { sets.open("moving"); }),
                 QString::fromStdString(folder.string()) +
                     ": no such folder. Put it back, or import the data set again.");
    }

    void cardsBesideTheirFilesCanMove()
    {
        const fs::path folder = pictures("sets/portable/pictures", 3);
        DataCard card = cardFor(folder, "portable");
        card.location = "pictures";
        writeDataCard(m_root / "sets/portable/card.json", card);
        QCOMPARE(catalogue().open("portable")->size(Split::Test), 3);
        fs::rename(m_root / "sets", m_root / "elsewhere");
        const DatasetCatalogue sets({m_root / "elsewhere"});
        QCOMPARE(sets.open("portable")->size(Split::Test), 3);
        QCOMPARE(entryOf(sets.list(), "portable")->warning, "");
    }

    void badCardsDoNotHideTheOthers()
    {
        const fs::path folder = pictures("good", 2);
        writeDataCard(m_cards / "good.json", cardFor(folder, "good"));
        writeText(m_cards / "broken.json", "{");
        DataCard twin = cardFor(folder, "good");
        writeDataCard(m_cards / "good2.json", twin);
        twin.info.name = "fashion-mnist";
        writeDataCard(m_cards / "known.json", twin);
        twin.info.name = "odd";
        twin.info.format = "tarball";
        writeDataCard(m_cards / "odd.json", twin);
        const DatasetCatalogue sets = catalogue();
        QVERIFY(entryOf(sets.list(), "good"));
        QCOMPARE(sets.list().size(), 2u + dataRecipes().size());
        const auto problems = sets.problems();
        QCOMPARE(problems.size(), 4u);
        QVERIFY(problems[0].starts_with((m_cards / "broken.json").string()));
        QCOMPARE(problems[1], (m_cards / "good2.json").string() + ": the name 'good' is taken by " +
                                  (m_cards / "good.json").string() + ". Give the data card another name.");
        QCOMPARE(problems[2],
                 (m_cards / "known.json").string() +
                     ": the name 'fashion-mnist' is taken by a known data set. Give the data card "
                     "another name.");
        QVERIFY(problems[3].starts_with((m_cards / "odd.json").string() +
                                        ": there is no data format 'tarball'. Known formats: "));
    }

    void questionsCannotBeSkipped()
    {
        writeText(m_root / "instances_x.json",
                  R"({"images": [{"id": 1, "file_name": "a.png"}], "annotations": [],
            "categories": [{"id": 1, "name": "x"}]})");
        QVERIFY(sentenceOf([&] {
                    catalogue().open((m_root / "instances_x.json").string());
                }).contains("cannot be opened as it is. The picture a.png is in none of the usual folders."));
    }
};

QTEST_GUILESS_MAIN(TestCatalogueCards)
#include "tst_catalogue_cards.moc"

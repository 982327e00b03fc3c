#include "widgets/studies/card_items.h"
#include "widgets/studies/card_model.h"
#include "widgets/studies/text_match.h"

#include <QAbstractItemModelTester>
#include <QLocale>
#include <QSignalSpy>
#include <QTest>

using namespace assay;
using namespace assay::widgets;

namespace {

CardItem item(const QString& id, const QString& title, double order)
{
    CardItem i;
    i.id = id;
    i.title = title;
    i.searched = {title, id};
    i.sortValue = order;
    return i;
}

QStringList ids(const QAbstractItemModel& model)
{
    QStringList all;
    for (int row = 0; row < model.rowCount(); ++row)
        all << model.index(row, 0).data(CardModel::IdRole).toString();
    return all;
}

Json sampleCatalogue()
{
    return Json::parse(R"({
        "studies": [
            {"id": "transfer.class-aware", "title": "Class-aware transferability",
             "question": "Do two models make the same mistake?", "keywords": ["adversarial", "transfer"]},
            {"id": "calibration.dac", "title": "Calibration", "question": "Can confidence be believed?", "keywords": []}
        ],
        "models": [{"name": "fashion-cnn", "title": "Fashion CNN", "architecture": "small_cnn", "accuracy": 0.913,
                    "parameters": 123456, "input": {"channels": 1, "height": 28, "width": 28}, "classes": ["a", "b"]}],
        "datasets": [
            {"name": "missing", "title": "Missing", "available": false, "problem": "Install dataset-missing."},
            {"name": "fashion-mnist", "title": "Fashion-MNIST", "available": true, "train": 60000, "test": 10000,
             "channels": 1, "height": 28, "width": 28, "classes": ["shirt"]}
        ],
        "devices": ["cpu"]
    })");
}

} // namespace

class TestCards : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

    void modelKeepsItsPromisesWhileItemsComeAndGo()
    {
        CardModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setItems({item("a", "A", 0), item("b", "B", 1), item("c", "C", 2)});
        QCOMPARE(ids(model), QStringList({"a", "b", "c"}));
        const QPersistentModelIndex b = model.index(1);
        model.setItems({item("new", "New", 0), item("c", "C", 1), item("b", "B", 2)});
        QCOMPARE(ids(model), QStringList({"new", "c", "b"}));
        QCOMPARE(b.row(), 2);
        QCOMPARE(b.data(CardModel::IdRole).toString(), QString("b"));

        QSignalSpy changed(&model, &CardModel::dataChanged);
        model.setItems({item("new", "New", 0), item("c", "Other", 1), item("b", "B", 2)});
        QCOMPARE(changed.count(), 1);
        model.setItems({});
        QCOMPARE(model.rowCount(), 0);
        QVERIFY(!b.isValid());
    }

    void searchFinds_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QStringList>("found");
        QTest::newRow("nothing asked, own order")
            << "" << QStringList({"transfer.class-aware", "calibration.dac"});
        QTest::newRow("beginning of a word") << "calib" << QStringList({"calibration.dac"});
        QTest::newRow("two words of different fields")
            << "same transfer" << QStringList({"transfer.class-aware"});
        QTest::newRow("keyword") << "adversarial" << QStringList({"transfer.class-aware"});
        QTest::newRow("misspelt") << "adversariel" << QStringList({"transfer.class-aware"});
        QTest::newRow("letter left out") << "calbration" << QStringList({"calibration.dac"});
        QTest::newRow("upper case") << "CONFIDENCE" << QStringList({"calibration.dac"});
        QTest::newRow("not there") << "watermark" << QStringList();
    }

    void searchFinds()
    {
        QFETCH(QString, query);
        QFETCH(QStringList, found);
        CardModel model;
        model.setItems(studyItems(readCatalogue(sampleCatalogue())));
        CardFilter filter;
        QAbstractItemModelTester tester(&filter, QAbstractItemModelTester::FailureReportingMode::QtTest);
        filter.setSourceModel(&model);
        filter.setQuery(query);
        QCOMPARE(ids(filter), found);
    }

    void titlesWeighMoreThanTexts()
    {
        QVERIFY(matchScore("calibration", {"Calibration", "x"}) >
                matchScore("calibration", {"x", "Calibration"}));
        QVERIFY(matchScore("cal", {"Calibration"}) > matchScore("lib", {"Calibration"}));
        QCOMPARE(matchScore("", {"x"}), 0);
        QCOMPARE(matchScore("zzz", {"x"}), -1);
    }

    void modelsSayWhatTheyAre()
    {
        const CardItem model = modelItems(readCatalogue(sampleCatalogue())).value(0);
        QCOMPARE(model.title, QString("Fashion CNN"));
        QCOMPARE(model.badge, QString("91.3 %"));
        QCOMPARE(model.meta, QString("small_cnn · 123 k parameters"));
    }

    void whatCameFromOutsideSaysSo()
    {
        const Catalogue catalogue = readCatalogue(Json::parse(R"({
            "models": [
                {"name": "mine", "source": "workspace", "format": "onnx", "file": "/m/a.onnx", "accuracy": null,
                 "parameters": 1234567, "warning": "/m/a.onnx is gone."},
                {"name": "answers", "source": "workspace", "format": "npz", "predictionsOnly": true},
                {"name": "zoo", "source": "zoo", "format": "safetensors", "accuracy": 0.5}],
            "datasets": [{"name": "faces", "own": true, "available": true, "format": "folder",
                          "location": "/d/faces", "attributes": ["glasses"], "warning": ""}]})"));
        const QList<CardItem> models = modelItems(catalogue);
        QCOMPARE(models[0].tags, QStringList("ONNX"));
        QCOMPARE(models[0].badge, QString());
        QCOMPARE(models[0].warning, QString("/m/a.onnx is gone."));
        QCOMPARE(models[1].tags, QStringList({"NPZ", "predictions only"}));
        QVERIFY(models[2].tags.isEmpty());
        QVERIFY(catalogue.models[0].isOwn() && !catalogue.models[2].isOwn());
        CardModel list;
        list.setItems(models);
        QCOMPARE(list.data(list.index(0), Qt::ToolTipRole).toString(), QString("/m/a.onnx is gone."));
        QVERIFY(
            list.data(list.index(1), Qt::AccessibleTextRole).toString().contains("NPZ, predictions only"));
        QCOMPARE(datasetItems(catalogue).value(0).tags, QStringList("folder"));
        QCOMPARE(catalogue.datasets[0].attributes, QStringList("glasses"));

        const FormChoices choices = catalogue.choices();
        QCOMPARE(choices.models[0].detail, QString("accuracy not measured · 1.2 M parameters"));
        QCOMPARE(choices.models[0].toolTip(), QString("/m/a.onnx is gone."));
        QCOMPARE(choices.models[1].detail, QString("accuracy not measured · predictions only"));
        QVERIFY(choices.models[1].toolTip().startsWith("Only its answers are known"));
        QVERIFY(choices.models[1].problem.isEmpty()); // the study decides
        QCOMPARE(choices.models[2].toolTip(), QString("50.0 %"));
    }

    void detectorsAndSetsWithBoxesAreTold()
    {
        const FormChoices choices = readCatalogue(Json::parse(R"({
            "models": [{"name": "finder", "task": "detection", "parameters": 120000}, {"name": "cnn"}],
            "datasets": [{"name": "scenes", "available": true, "boxClasses": ["shirt"]}, {"name": "plain"}]
        })"))
                                        .choices();
        QCOMPARE(choices.models[0].kind, QString("detection"));
        QCOMPARE(choices.models[0].detail, QString("finds objects · 120 k parameters"));
        QCOMPARE(choices.models[1].kind, QString());
        QCOMPARE(choices.datasets[0].kind, QString("boxes"));
        QCOMPARE(choices.datasets[1].kind, QString());
    }

    void aMissingDataSetSaysHowToMendIt()
    {
        const QList<CardItem> items = datasetItems(readCatalogue(sampleCatalogue()));
        QCOMPARE(items.value(0).body, QString("Install dataset-missing."));
        QCOMPARE(items.value(0).badge, QString("missing"));
        QVERIFY(!items.value(0).enabled);
        QVERIFY(items.value(0).sortValue > items.value(1).sortValue);
        QCOMPARE(items.value(1).meta, QString("28 × 28 grey · 60,000 train, 10,000 test"));
    }

    void attacksSayWhatTheyAre()
    {
        const Catalogue catalogue = readCatalogue(Json::parse(R"({"attacks": [
            {"name": "pgd", "title": "PGD", "norms": ["linf", "l2"], "needs": "gradient", "script": false},
            {"name": "square", "title": "Square Attack", "norms": ["linf"], "needs": "query"},
            {"name": "script:mine", "title": "Mine", "norms": ["linf"], "needs": "gradient", "script": true,
             "own": true, "imported": true, "file": "/a/mine.pt", "warning": "It has changed.",
             "parameters": ["loss", "decay"]},
            {"name": "script:odd", "script": true, "own": true, "problem": "/a/odd.pt: is odd."}]})"));
        const QList<CardItem> items = attackItems(catalogue);
        QCOMPARE(items[0].meta, QString("L∞, L2"));
        QCOMPARE(items[1].meta, QString("L∞ · asks for answers only"));
        QCOMPARE(items[2].tags, QStringList("script"));
        QCOMPARE(items[2].warning, QString("It has changed."));
        QVERIFY(items[2].sortValue < items[0].sortValue); // the user's own first
        QVERIFY(items[0].tags.isEmpty() && items[0].enabled && items[0].warning.isEmpty());
        QCOMPARE(items[3].title, QString("script:odd"));
        QCOMPARE(items[3].body, QString("/a/odd.pt: is odd."));
        QCOMPARE(items[3].badge, QString("unusable"));
        QVERIFY(!items[3].enabled);
        const AttackEntry* mine = catalogue.attack("script:mine");
        QVERIFY(mine && mine->own && mine->imported && mine->available);
        QCOMPARE(mine->file, QString("/a/mine.pt"));
        QCOMPARE(mine->parameters, QStringList({"loss", "decay"}));
    }

    void runsSayTheirState()
    {
        const Json runs = Json::parse(R"({"runs": [
            {"run": "r2", "study": "transfer.class-aware", "title": "", "state": "failed", "error": "The engine died.", "seconds": 3},
            {"run": "r1", "study": "unknown.study", "title": "Mine", "state": "finished", "seconds": 200}
        ]})");
        const QList<CardItem> items = runItems(readRuns(runs), readCatalogue(sampleCatalogue()));
        QCOMPARE(items.size(), 2);
        QCOMPARE(items[0].title, QString("Class-aware transferability"));
        QCOMPARE(items[0].badge, QString("failed"));
        QCOMPARE(items[0].tone, QString("bad"));
        QCOMPARE(items[0].body, QString("The engine died."));
        QCOMPARE(items[1].title, QString("Mine"));
        QCOMPARE(items[1].meta, QString("unknown.study · 3 min 20 s"));
    }

    void aDamagedCatalogueStillShowsWhatItCan()
    {
        const Json odd =
            Json::parse(R"({"studies": [3, {"id": 7, "title": ["x"], "schema": "no"}], "models": {"a": 1},
                                         "datasets": null, "devices": [1, "cpu"]})");
        const Catalogue catalogue = readCatalogue(odd);
        QCOMPARE(catalogue.studies.size(), 1);
        QVERIFY(catalogue.models.isEmpty());
        QCOMPARE(catalogue.devices, QStringList("cpu"));
        QVERIFY(readCatalogue(Json()).studies.isEmpty());
        QVERIFY(readRuns(Json("text")).isEmpty());
    }

    void timesAndSizesReadWell()
    {
        QCOMPARE(countText(430), QString("430"));
        QCOMPARE(countText(86000), QString("86 k"));
        QCOMPARE(countText(1234567), QString("1.2 M"));
        const QDateTime now(QDate(2026, 11, 22), QTime(12, 0));
        QCOMPARE(whenText(now.addSecs(-20), now), QString("just now"));
        QCOMPARE(whenText(now.addSecs(-3 * 3600), now), QString("today 09:00"));
        QCOMPARE(whenText(now.addDays(-1), now), QString("yesterday 12:00"));
        QCOMPARE(whenText(QDateTime(), now), QString());
    }
};

QTEST_GUILESS_MAIN(TestCards)
#include "tst_cards.moc"

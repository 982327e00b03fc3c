#include "fake_library.h"

#include "widgets/browsing/layer_tree.h"
#include "widgets/browsing/model_reading.h"
#include "widgets/browsing/parameter_table.h"

#include <QAbstractItemModelTester>
#include <QSortFilterProxyModel>
#include <QTest>

using namespace assay;
using namespace assay::test;
using namespace assay::widgets;

/// What the engine tells of a model, in words, as a tree and as a table.
class TestModelReading : public QObject
{
    Q_OBJECT

    static QString contractWith(const char* key, const Json& value)
    {
        Json report = FakeLibrary::modelReport();
        report["input"][key] = value;
        return readModelReport(report).contract;
    }

private Q_SLOTS:
    void theInputContractIsASentence()
    {
        const ModelReading reading = readModelReport(FakeLibrary::modelReport());
        QCOMPARE(reading.contract,
                 QString("Expects 3 × 224 × 224 images, RGB, scaled to 0 … 1; normalises with mean "
                         "0.485, 0.456, 0.406 and deviation 0.229, 0.224, 0.225."));
        QCOMPARE(reading.answers, QString("Answers with the scores of 4 classes."));
        QVERIFY(contractWith("bgr", true).contains("BGR (blue first)"));
        QVERIFY(contractWith("scale", 255).contains("scaled to 0 … 255"));
        QVERIFY(contractWith("channels", 1).contains("images, grey,"));
        Json plain = FakeLibrary::modelReport();
        plain["input"]["mean"] = {0, 0, 0};
        plain["input"]["stddev"] = {1, 1, 1};
        QVERIFY(readModelReport(plain).contract.endsWith("scaled to 0 … 1; not normalised further."));
    }

    void warningsStandFirstAndTheContractOnce()
    {
        const protocol::Findings findings = readModelReport(FakeLibrary::modelReport()).findings;
        QCOMPARE(findings.size(), std::size_t(2));
        QCOMPARE(findings[0].text, std::string("One weight is not a number. Export the model again."));
        QCOMPARE(findings[1].text, std::string("Its batch normalisation was folded."));
    }

    void predictionsOnlyHaveNoContract()
    {
        const ModelReading reading = readModelReport(Json::parse(
            R"({"tree":[],"parameters":[],"taps":[],"macs":null,"parameterCount":0,"output":[60,3],
                "input":{"channels":1,"height":28,"width":28},
                "findings":[{"level":"info","text":"Holds the predictions for 60 images and no network."}]})"));
        QVERIFY(!reading.hasNetwork());
        QCOMPARE(reading.contract, QString());
        QCOMPARE(reading.findings.size(), std::size_t(1));
    }

    void anythingCanBeRead()
    {
        for (const char* json :
             {"null", "[]", "3", "{\"tree\":3,\"parameters\":[null,4],\"taps\":[1],\"macs\":\"x\"}",
              "{\"tree\":[{\"path\":7,\"parameters\":-1e300}],\"input\":[],\"output\":[1,null]}",
              "{\"parameterCount\":1e300,\"findings\":[{\"level\":\"odd\",\"text\":\"t\"}]}"})
            readModelReport(Json::parse(json));
    }

    void layersBecomeATree()
    {
        LayerTree tree(nullptr);
        QAbstractItemModelTester tester(&tree, QAbstractItemModelTester::FailureReportingMode::QtTest);
        tree.setLayers(readModelReport(FakeLibrary::modelReport()).layers);
        QCOMPARE(tree.rowCount(), 2);
        const QModelIndex features = tree.index(0, LayerTree::Name);
        QCOMPARE(features.data().toString(), QString("features"));
        QCOMPARE(tree.rowCount(features), 2);
        const QModelIndex convolution = tree.index(0, LayerTree::Name, features);
        QCOMPARE(convolution.data().toString(), QString("0"));
        QCOMPARE(convolution.data(Qt::ToolTipRole).toString(), QString("features.0"));
        QCOMPARE(convolution.siblingAtColumn(LayerTree::Kind).data().toString(),
                 QString("Convolution 3 x 3"));
        QCOMPARE(convolution.siblingAtColumn(LayerTree::Output).data().toString(), QString("16 × 28 × 28"));
        QCOMPARE(convolution.siblingAtColumn(LayerTree::Macs).data().toString(), QString("350 k"));
        QCOMPARE(tree.index(1, LayerTree::Macs, features).data().toString(), QString());
        QCOMPARE(tree.index(1, LayerTree::Name).data().toString(), QString("head"));
    }

    void layersWithoutTheirGroupStandAtTheTop()
    {
        LayerTree tree(nullptr);
        tree.setLayers({{"a.b.c", "x", 0, {}, {}}, {"a.b.c.d", "y", 0, {}, {}}, {"", "z", 0, {}, {}}});
        QCOMPARE(tree.rowCount(), 2);
        QCOMPARE(tree.index(0, 0, tree.index(0, 0)).data().toString(), QString("d"));
    }

    void theTreeCanBeSearched()
    {
        LayerTree tree(nullptr);
        tree.setLayers(readModelReport(FakeLibrary::modelReport()).layers);
        QSortFilterProxyModel filter;
        filter.setSourceModel(&tree);
        filter.setRecursiveFilteringEnabled(true);
        filter.setFilterKeyColumn(-1);
        filter.setFilterFixedString("Batch");
        QCOMPARE(filter.rowCount(), 1);
        QCOMPARE(filter.rowCount(filter.index(0, 0)), 1);
    }

    void parametersSortAsNumbers()
    {
        ParameterTable table(nullptr);
        QAbstractItemModelTester tester(&table, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QList<ModelReading::Parameter> parameters = readModelReport(FakeLibrary::modelReport()).parameters;
        parameters[0].mean = 10;
        parameters[1].mean = 9;
        table.setParameters(parameters);
        QCOMPARE(table.rowCount(), 2);
        QCOMPARE(table.index(0, ParameterTable::Shape).data().toString(), QString("16 × 3 × 3 × 3"));
        QSortFilterProxyModel sorted;
        sorted.setSourceModel(&table);
        sorted.setSortRole(ParameterTable::SortRole);
        sorted.sort(ParameterTable::Mean);
        QCOMPARE(sorted.index(0, ParameterTable::Name).data().toString(), QString("head.bias"));
    }

    void aHistogramHasItsBinsInPlace()
    {
        const ModelReading::Parameter parameter{"w", "2", 0, 1, -1, 1, {3, 0, 5, 2}};
        const protocol::Figure figure = histogramOf(parameter);
        QCOMPARE(figure.layers[0].x, std::vector<double>({-0.75, -0.25, 0.25, 0.75}));
        QCOMPARE(figure.layers[0].y, std::vector<double>({3, 0, 5, 2}));
        const protocol::Figure flat = histogramOf({"b", "4", 2, 0, 2, 2, {0, 0, 4, 0}});
        QCOMPARE(flat.layers[0].x, std::vector<double>({2}));
        QCOMPARE(flat.layers[0].y, std::vector<double>({4}));
    }

    void largeNumbersAreShort()
    {
        QCOMPARE(largeText(1.84e9), QString("1.8 G"));
        QCOMPARE(largeText(45600000), QString("45.6 M"));
        QCOMPARE(largeText(350000), QString("350 k"));
        QCOMPARE(largeText(430), QString("430"));
    }
};

QTEST_GUILESS_MAIN(TestModelReading)
#include "tst_model_reading.moc"

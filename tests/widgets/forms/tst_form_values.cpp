#include "tests/widgets/forms/json_text.h"
#include "widgets/forms/form_values.h"
#include "widgets/forms/number_box.h"
#include "widgets/forms/number_text.h"

#include <QTest>

using namespace assay;
using namespace assay::protocol;
using namespace assay::widgets;

namespace {

Field field(const std::string& name, FieldType type, bool list = false, const std::string& from = {})
{
    Field f;
    f.name = name;
    f.label = "The " + name;
    f.type = type;
    f.list = list;
    f.valuesFrom = from;
    f.defaultValue = list ? Json::array() : Json(nullptr);
    return f;
}

Schema tied()
{
    Schema s{{field("eps", FieldType::Real, true), field("view_eps", FieldType::Real, false, "eps"),
              field("models", FieldType::Model, true),
              field("view_models", FieldType::Model, true, "models")}};
    s.fields[1].low = 0;
    s.fields[1].live = true;
    s.fields[3].minItems = 0;
    return s;
}

} // namespace

class TstFormValues : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void numbers_data();
    void numbers();
    void steps_data();
    void steps();
    void offersWhatTheOtherFieldHolds();
    void offersWhatStandsForAll();
    void followsTheOtherField();
    void knowsLiveEdits();
    void speaksWithLabels();
};

void TstFormValues::numbers_data()
{
    QTest::addColumn<double>("value");
    QTest::addColumn<QString>("text");
    QTest::newRow("zero") << 0.0 << "0";
    QTest::newRow("fraction") << 0.06 << "0.06";
    QTest::newRow("negative") << -2.5 << "-2.5";
    QTest::newRow("tiny") << 1e-5 << "1e-5";
    QTest::newRow("smallest plain") << 0.0001 << "0.0001";
    QTest::newRow("round") << 100000.0 << "100000";
    QTest::newRow("large") << 1e7 << "1e+7";
    QTest::newRow("eighth of 255") << 8.0 / 255 << "0.03137254901960784";
}

void TstFormValues::numbers()
{
    QFETCH(double, value);
    QFETCH(QString, text);
    QCOMPARE(shortestNumber(value), text);
    QCOMPARE(shownNumber(value), value == 8.0 / 255 ? QStringLiteral("0.0313725") : text);
    QCOMPARE(text.toDouble(), value);
}

void TstFormValues::steps_data()
{
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    QTest::addColumn<double>("step");
    QTest::newRow("unit") << 0.0 << 1.0 << 0.05;
    QTest::newRow("half") << 0.0 << 0.5 << 0.02;
    QTest::newRow("ten") << 0.0 << 10.0 << 0.5;
    QTest::newRow("empty") << 1.0 << 1.0 << 1.0;
}

void TstFormValues::steps()
{
    QFETCH(double, low);
    QFETCH(double, high);
    QFETCH(double, step);
    QCOMPARE(suggestedStep(low, high), step);
}

void TstFormValues::offersWhatTheOtherFieldHolds()
{
    const Schema s = tied();
    const Json values = {{"eps", {2, 0.5, "abc", -1, 0.5}}, {"models", {"b", "a"}}};
    COMPARE_JSON(offeredValues(s, s.fields[1], values),
                 (std::vector<Json>{2, 0.5})); // no text, none below 0, once each
    COMPARE_JSON(offeredValues(s, s.fields[3], values), (std::vector<Json>{"b", "a"}));
    QVERIFY(offeredValues(s, s.fields[0], values).empty());
    QVERIFY(offeredValues(s, s.fields[1], Json::object()).empty());
}

void TstFormValues::offersWhatStandsForAll()
{
    Schema s;
    s.fields = {
        {.name = "shifts", .type = FieldType::Choice, .list = true, .choices = {"fog", "snow", "blur"}},
        {.name = "view_shift", .type = FieldType::Text, .defaultValue = "all", .valuesFrom = "shifts"},
        {.name = "view_other", .type = FieldType::Text, .defaultValue = "blur", .valuesFrom = "shifts"}};
    Json values = {{"shifts", {"snow", "fog"}}, {"view_shift", "all"}, {"view_other", "blur"}};
    COMPARE_JSON(offeredValues(s, s.fields[1], values), (std::vector<Json>{"all", "snow", "fog"}));
    COMPARE_JSON(offeredValues(s, s.fields[2], values), (std::vector<Json>{"snow", "fog"}));
    followSources(s, values);
    COMPARE_JSON(values["view_shift"], Json("all"));
    COMPARE_JSON(values["view_other"], Json("snow"));
}

void TstFormValues::followsTheOtherField()
{
    const Schema s = tied();
    Json values = {
        {"eps", {0.5, 1, 2}}, {"view_eps", 1.4}, {"models", {"a", "b"}}, {"view_models", {"b", "c"}}};
    followSources(s, values);
    COMPARE_JSON(values["view_eps"], Json(1));
    COMPARE_JSON(values["view_models"], Json({"b"}));
    values["eps"] = Json::array(); // nothing to be moved onto while the list is being rewritten
    followSources(s, values);
    COMPARE_JSON(values["view_eps"], Json(1));
    values["eps"] = {3};
    values["view_eps"] = nullptr;
    followSources(s, values);
    QVERIFY(values["view_eps"].is_null());
}

void TstFormValues::knowsLiveEdits()
{
    const Schema s = tied();
    const Json a = {{"eps", {1, 2}}, {"view_eps", 1}, {"models", {"a"}}};
    Json b = a;
    b["view_eps"] = 2;
    QVERIFY(differOnlyLive(s, a, b));
    b["models"] = {"b"};
    QVERIFY(!differOnlyLive(s, a, b));
}

void TstFormValues::speaksWithLabels()
{
    Schema s{{field("eps", FieldType::Real, true), field("source", FieldType::Model),
              field("targets", FieldType::Model, true), field("dataset", FieldType::Dataset)}};
    s.fields[0].low = 0;
    s.fields[0].high = 10;
    s.fields[2].minItems = 2;
    const auto said =
        formProblems(s, {{"eps", {1, "x"}}, {"source", ""}, {"targets", {"a"}}, {"dataset", ""}});
    QCOMPARE(said.at("eps"),
             QStringLiteral("The eps contains \"x\"; each value must be a number between 0 and 10."));
    QCOMPARE(said.at("source"), QStringLiteral("Choose a model."));
    QCOMPARE(said.at("targets"), QStringLiteral("Choose at least 2 models."));
    QCOMPARE(said.at("dataset"), QStringLiteral("Choose a data set."));
}

QTEST_GUILESS_MAIN(TstFormValues)
#include "tst_form_values.moc"

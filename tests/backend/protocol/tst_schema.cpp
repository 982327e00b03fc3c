#include "backend/protocol/params.h"
#include "backend/protocol/run_spec.h"

#include <QTest>

using namespace assay;
using namespace assay::protocol;

namespace {

struct Params
{
    ModelRef source{"fashion-cnn"};
    std::vector<ModelRef> targets = {{"a"}, {"b"}};
    DatasetRef dataset{"fashion-mnist"};
    std::string attack = "pgd";
    std::vector<double> eps = {0.5, 1};
    double viewEps = 1;
    int steps = 10;
    bool targeted = false;
    std::optional<double> stepSize;
    Json attackParams = Json::object();
    bool operator==(const Params&) const = default;
};

/// Two attacks with parameters of their own.
std::vector<ObjectPart> attackParts()
{
    Field momentum{.name = "momentum", .label = "Momentum", .defaultValue = 1.0, .low = 0, .high = 10};
    Field copies{.name = "copies", .type = FieldType::Integer, .defaultValue = 5};
    return {{"mi-fgsm", "MI-FGSM", {momentum}}, {"sim", "SIM", {momentum, copies}}};
}

template <class V>
void visit(V& v, Params& p)
{
    v.field("source", p.source).label("Source model");
    v.field("targets", p.targets).label("Target models");
    v.field("dataset", p.dataset);
    v.field("attack", p.attack).choices({"fgsm", "pgd"}, {"FGSM", "PGD"});
    v.field("eps", p.eps).label("ε").unit("L2").range(0, 10);
    v.field("view_eps", p.viewEps).range(0, 10).live().valuesFrom("eps");
    v.field("steps", p.steps).range(1, 1000).help("How many").group("Attack").advanced();
    v.field("targeted", p.targeted);
    v.field("step_size", p.stepSize).range(0, 1);
    v.field("attack_params", p.attackParams).parts(attackParts()).partsFrom({"attack"});
}

QString sentence(const Json& params)
{
    try {
        readParams<Params>(params, "spec.json");
    } catch (const Error& e) {
        return QString::fromUtf8(e.what());
    }
    return {};
}

} // namespace

class TestSchema : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void defaultsAreTheStructs()
    {
        QVERIFY(readParams<Params>(Json::object()) == Params{});
        QVERIFY(writeParams(Params{}) == defaults(describe<Params>()));
    }

    void valuesRoundTrip()
    {
        Params p;
        p.source.name = "m";
        p.eps = {3};
        p.stepSize = 0.25;
        p.targeted = true;
        p.attackParams = {{"sim", {{"copies", 3}}}};
        QVERIFY(readParams<Params>(writeParams(p)) == p);
    }

    void numbersAreBroughtToOneForm()
    {
        const Json checked = validated(describe<Params>(), Json{{"eps", 2}, {"steps", 7.0}});
        QCOMPARE(checked["eps"].dump(), std::string("[2.0]"));
        QCOMPARE(checked["steps"].dump(), std::string("7"));
        // Of an object only what was said is kept.
        QCOMPARE(checked["attack_params"].dump(), std::string("{}"));
        const Json parts = Json::parse(R"({"attack_params": {"mi-fgsm": {}, "sim": {"copies": 3.0}}})");
        QCOMPARE(validated(describe<Params>(), parts)["attack_params"].dump(),
                 std::string(R"({"sim":{"copies":3}})"));
    }

    void mistakesAreNamed_data()
    {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("expected");
        QTest::newRow("range") << R"({"steps": 0})"
                               << "spec.json: 'steps' is 0; it must be a whole number between 1 and 1000.";
        QTest::newRow("type")
            << R"({"steps": "ten"})"
            << "spec.json: 'steps' is \"ten\"; it must be a whole number between 1 and 1000.";
        QTest::newRow("fraction")
            << R"({"steps": 1.5})"
            << "spec.json: 'steps' is 1.5; it must be a whole number between 1 and 1000.";
        QTest::newRow("choice") << R"({"attack": "cw"})"
                                << "spec.json: 'attack' is \"cw\"; it must be one of fgsm, pgd.";
        QTest::newRow("item")
            << R"({"eps": [1, 11]})"
            << "spec.json: 'eps' contains 11.0; each value must be a number between 0 and 10.";
        QTest::newRow("empty list") << R"({"eps": []})"
                                    << "spec.json: 'eps' has 0 values; it needs at least 1.";
        QTest::newRow("unknown") << R"({"stepps": 3})"
                                 << "spec.json: there is no parameter 'stepps'. Did you mean 'steps'?";
        QTest::newRow("no model") << R"({"source": ""})"
                                  << "spec.json: 'source' is \"\"; it must be the name or path of a model.";
        QTest::newRow("not an object") << "[1]"
                                       << "spec.json: the parameters must be a JSON object, but are [1].";
        QTest::newRow("no such part")
            << R"({"attack_params": {"mi-fgms": {}}})"
            << "spec.json: 'attack_params' knows no 'mi-fgms'. Did you mean 'mi-fgsm'?";
        QTest::newRow("no such value of a part")
            << R"({"attack_params": {"mi-fgsm": {"momentun": 1}}})"
            << "spec.json: 'attack_params' sets 'momentun' of 'mi-fgsm', which has no such parameter. Did "
               "you mean 'momentum'?";
        QTest::newRow("range within a part")
            << R"({"attack_params": {"mi-fgsm": {"momentum": 20}}})"
            << "spec.json: 'attack_params' sets 'momentum' of 'mi-fgsm', which is 20.0; it must be a number "
               "between 0 and 10.";
        QTest::newRow("part that is no object")
            << R"({"attack_params": {"mi-fgsm": 1}})"
            << "spec.json: 'attack_params' has 1 for 'mi-fgsm'; it must be a JSON object.";
        QTest::newRow("no object") << R"({"attack_params": 1})"
                                   << "spec.json: 'attack_params' is 1; it must be a JSON object.";
        QTest::newRow("null where none is allowed")
            << R"({"steps": null})"
            << "spec.json: 'steps' is null; it must be a whole number between 1 and 1000.";
    }

    void mistakesAreNamed()
    {
        QFETCH(QString, json);
        QFETCH(QString, expected);
        QCOMPARE(sentence(Json::parse(json.toStdString())), expected);
    }

    void textsAreReadAsValues()
    {
        const Schema schema = describe<Params>();
        const auto read = [&](const char* field, const char* text) {
            return parseValue(*schema.find(field), text).dump();
        };
        QCOMPARE(read("eps", "0.1, 0.2"), std::string("[0.1,0.2]"));
        QCOMPARE(read("eps", "[1,2]"), std::string("[1,2]"));
        QCOMPARE(read("targets", "a,b c"), std::string("[\"a\",\"b c\"]"));
        QCOMPARE(read("steps", "12"), std::string("12"));
        QCOMPARE(read("targeted", "true"), std::string("true"));
        QCOMPARE(read("attack", "fgsm"), std::string("\"fgsm\""));
        QCOMPARE(read("step_size", ""), std::string("null"));
        QCOMPARE(read("attack_params", R"({"sim": {"copies": 2}})"), std::string(R"({"sim":{"copies":2}})"));
        QVERIFY_THROWS_EXCEPTION(Error, read("steps", "a lot"));
    }

    void schemaSurvivesItsJson()
    {
        const Schema schema = describe<Params>();
        QVERIFY(schemaFromJson(toJson(schema)) == schema);
        QVERIFY_THROWS_EXCEPTION(Error, schemaFromJson(Json::parse(R"({"fields": [{"type": 3}]})")));
        QVERIFY_THROWS_EXCEPTION(Error, schemaFromJson(Json(3)));
    }

    void jsonSchemaSaysTypesAndRanges()
    {
        const Json schema = toJsonSchema(describe<Params>());
        QCOMPARE(schema["properties"]["steps"]["maximum"].dump(), std::string("1000.0"));
        QCOMPARE(schema["properties"]["eps"]["items"]["type"].get<std::string>(), std::string("number"));
        QCOMPARE(schema["properties"]["attack"]["enum"].size(), std::size_t(2));
        QVERIFY(!schema["additionalProperties"].get<bool>());
        const Json parts = schema["properties"]["attack_params"];
        QVERIFY(!parts["additionalProperties"].get<bool>());
        QCOMPARE(parts["properties"]["sim"]["properties"]["copies"]["type"].get<std::string>(),
                 std::string("integer"));
    }

    void specsRoundTripAndNameTheirFaults_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        QTest::newRow("newer")
            << R"({"assay": 7, "study": "a.b"})"
            << "s.json: the spec has version 7, this program reads up to version 1. Update Assay.";
        QTest::newRow("no study")
            << R"({"seed": 1})"
            << "s.json: the spec names no study. Add \"study\": \"transfer.class-aware\" or "
               "another id.";
        QTest::newRow("negative seed") << R"({"study": "a.b", "seed": -1})"
                                       << "s.json: 'seed' must be a whole number from 0, but is -1.";
        QTest::newRow("params") << R"({"study": "a.b", "params": 3})"
                                << "s.json: 'params' must be an object of parameter values.";
        QTest::newRow("list") << "[]"
                              << "s.json: this is no run spec: a JSON object was expected.";
        QTest::newRow("deep") << QString(QString(100, '[') + QString(100, ']'))
                              << "s.json: the JSON is nested more than 64 levels deep.";
    }

    void specsRoundTripAndNameTheirFaults()
    {
        const RunSpec spec{"a.b", Json{{"x", 1}}, 7, "cpu", "t"};
        QVERIFY(specFromJson(toJson(spec)) == spec);
        QFETCH(QString, text);
        QFETCH(QString, expected);
        try {
            specFromJson(parseJson(text.toStdString(), "s.json"), "s.json");
            QFAIL("nothing was thrown");
        } catch (const Error& e) {
            QCOMPARE(QString::fromUtf8(e.what()), expected);
        }
    }
};

QTEST_GUILESS_MAIN(TestSchema)
#include "tst_schema.moc"

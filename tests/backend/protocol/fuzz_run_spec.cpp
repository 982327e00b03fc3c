#include "backend/protocol/error.h"
#include "backend/protocol/run_spec.h"
#include "backend/protocol/schema.h"
#include "tests/backend/mutated.h"

#include <QTest>

#include <array>

// A run spec is a text file that people write by hand and get from others. Any bytes may be refused with one
// sentence and nothing else; what is accepted must mean the same after it was written and read again.

using namespace assay;
using namespace assay::protocol;

namespace {

constexpr int kMutationsPerSeed = 20'000;

constexpr std::array<const char*, 6> kSeeds = {
    "{\"assay\": 1, \"study\": \"transfer.class-aware\", \"seed\": 7, \"device\": \"cuda:1\", \"title\": "
    "\"a\", "
    "\"params\": {\"eps\": [0.5, 1, 2], \"attack\": \"fgsm\", \"k\": 5, \"model\": \"a/b\"}}",
    "{\"study\": \"x\", \"seed\": 18446744073709551615}",
    "{\"study\": \"\\u00e9\\ud83d\\ude00\", \"params\": {\"eps\": 1e308, \"k\": -1e-400}}",
    "{\"assay\": 18446744073709551615, \"study\": \"x\"}",
    "{\"study\": \"x\", \"params\": [[[[[[[[1]]]]]]]]}",
    "{\"study\": \"x\", \"params\": {\"a\": null, \"a\": 2}}",
};

/// A study's parameters, so that what passes as a spec is also checked as one.
const Schema& schema()
{
    static const Schema params = {
        {{.name = "eps", .list = true, .defaultValue = {0.5}, .low = 0, .high = 10},
         {.name = "attack", .type = FieldType::Choice, .defaultValue = "pgd", .choices = {"pgd", "fgsm"}},
         {.name = "k", .type = FieldType::Integer, .defaultValue = 1, .low = -5, .high = 5},
         {.name = "model", .type = FieldType::Model, .defaultValue = "fashion-cnn"}}};
    return params;
}

/// True when the text was taken for a spec.
bool readAnything(const QByteArray& bytes)
{
    try {
        const std::string_view text(bytes.constData(), std::size_t(bytes.size()));
        const RunSpec spec = specFromJson(parseJson(text, "run.json"), "run.json");
        const std::string written = toJson(spec).dump();
        if (specFromJson(parseJson(written, "again"), "again") != spec)
            qFatal("a spec changed by being written: %s", written.c_str());
        const bool clean = problems(schema(), spec.params).empty();
        bool valid = true;
        try {
            const Json params = validated(schema(), spec.params, "run.json");
            if (validated(schema(), params) != params)
                qFatal("checked parameters are refused or changed: %s", params.dump().c_str());
        } catch (const Error&) {
            valid = false;
        }
        if (clean != valid)
            qFatal("the form and the reader judge differently: %s", written.c_str());
        return true;
    } catch (const Error& error) {
        if (std::string_view(error.what()).empty())
            qFatal("a refusal says nothing");
    }
    return false;
}

} // namespace

class FuzzRunSpec : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void seedsAreJudged()
    {
        const std::array<bool, kSeeds.size()> accepted = {true, true, true, false, false, true};
        for (std::size_t i = 0; i < kSeeds.size(); ++i)
            QCOMPARE(readAnything(kSeeds[i]), accepted[i]);
    }

    void mutationsAreSurvived()
    {
        std::mt19937 random(20261122);
        int accepted = 0;
        for (const char* seed : kSeeds) {
            for (int i = 0; i < kMutationsPerSeed; ++i)
                accepted += readAnything(test::mutated(seed, random));
        }
        // Else the mutations would test nothing but the JSON library.
        QVERIFY(accepted > kMutationsPerSeed / 20);
    }

    void deepAndLongTexts()
    {
        for (const char open : {'[', '{', '"'})
            QVERIFY(!readAnything(QByteArray(1'000'000, open)));
        QVERIFY(!readAnything("{\"study\": \"x\", \"params\": " + QByteArray(100'000, '[')));
        QVERIFY(!readAnything(QByteArray(17 << 20, ' ')));
        QVERIFY(readAnything("{\"study\": \"" + QByteArray(1'000'000, 'x') + "\"}"));
    }
};

QTEST_GUILESS_MAIN(FuzzRunSpec)
#include "fuzz_run_spec.moc"

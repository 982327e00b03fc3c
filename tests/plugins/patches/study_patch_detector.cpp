#include "backend/data/recipes/garment_scenes.h"
#include "tests/support/bench_context.h"
#include "plugins/patches/attack_params.h"
#include "plugins/patches/attack_study.h"

#include <QElapsedTimer>
#include <QTest>

#include <cmath>

using namespace assay;
using assay::test::BenchContext;

namespace {

/// The number in @p column of the row whose texts are these.
double cellOf(const protocol::Table& table, const std::string& patch, const std::string& placement,
              double size, const std::string& column)
{
    const auto named = [&](const std::string& name) -> const protocol::Column& {
        for (const protocol::Column& each : table.columns)
            if (each.name == name)
                return each;
        throw std::runtime_error("no column " + name);
    };
    for (std::size_t i = 0; i < table.rows(); ++i)
        if (named("patch").texts[i] == patch && named("placement").texts[i] == placement &&
            std::abs(named("size").numbers[i] - size) < 1e-9)
            return named(column).numbers[i];
    throw std::runtime_error("no such row");
}

} // namespace

/// A patch on every garment of composed scenes hides them from the detector of the zoo.
class StudyPatchDetector : public QObject
{
    Q_OBJECT

    BenchContext m_context;
    const std::unique_ptr<engine::Study> m_study = patches::makeAttackStudy();
    patches::AttackParams m_params;

    double success(const std::string& patch, const std::string& column) const
    {
        const bool none = patch == "none";
        return cellOf(m_context.tables.at("success"), patch, none ? "none" : "objects",
                      none ? 0 : m_params.size, column);
    }

private Q_SLOTS:
    void initTestCase()
    {
        const auto fashion = m_context.dataset({"fashion-mnist"});
        m_context.put("garment-scenes", data::garmentScenes(*fashion, {.train = 150, .test = 100}));
        m_params.models = {{"scenes-detector"}};
        m_params.dataset = {"garment-scenes"};
        m_params.trainCount = 150;
        m_params.count = 100;
        m_params.place = "objects";
        m_params.size = 0.3;
        m_params.pixels = 12;
        m_params.steps = 100;
        m_params.batch = 50;
        m_params.sizes = {0.2, 0.3};
        m_params.angles = {0};
        m_params.gridSide = 3;
        m_params.mapCount = 20;
        QElapsedTimer timer;
        timer.start();
        m_study->run(m_context, protocol::writeParams(m_params));
        qInfo("%.0f s", static_cast<double>(timer.elapsed()) / 1000);
        for (const char* patch : {"none", "random", "trained"})
            qInfo("%s: AP %.3f, asr %.3f [%.3f, %.3f]", patch, success(patch, "ap"), success(patch, "asr"),
                  success(patch, "low"), success(patch, "high"));
    }

    void precisionFallsFarMoreThanWithARandomPatch()
    {
        const double clean = success("none", "ap");
        const double random = success("random", "ap");
        const double trained = success("trained", "ap");
        QVERIFY(clean > 0.8);
        QVERIFY(clean - trained > 2 * (clean - random));
        QVERIFY(random - trained > 0.2);
        QVERIFY(success("trained", "low") > success("random", "high"));
        QVERIFY(std::isnan(success("trained", "accuracy")));
    }

    void theBenchShowsBoxes()
    {
        m_params.patchX = 0.9;
        m_params.patchY = 0.1;
        m_study->preview(m_context, protocol::writeParams(m_params));
        const protocol::Scene& scene = m_context.scenes.back();
        QVERIFY(scene.bars.empty());
        const auto isTrue = [](const protocol::SceneBox& box) { return box.label == "true"; };
        QVERIFY(std::ranges::count_if(scene.boxes, isTrue) > 0);
        QVERIFY(std::ranges::count_if(scene.boxes, isTrue) < std::ptrdiff_t(scene.boxes.size()));
    }
};

QTEST_GUILESS_MAIN(StudyPatchDetector)
#include "study_patch_detector.moc"

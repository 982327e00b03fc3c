#include "backend/attacks/registry.h"
#include "backend/data/catalogue.h"
#include "backend/models/predict.h"
#include "backend/models/zoo.h"

#include <QTest>
#include <torch/types.h>

#include <algorithm>
#include <map>

using namespace assay;
using namespace assay::attacks;

namespace {

constexpr std::int64_t kDrawn = 300;
constexpr std::int64_t kUsed = 200;
/// As in section 6 of the method notes.
constexpr Budget kBudget{.eps = 0.1, .steps = 10};

} // namespace

/// The published relations between transfer attacks on real images: one source, targets of other
/// architectures.
class StudyTransferAttacks : public QObject
{
    Q_OBJECT

    struct Rates
    {
        double white = 0;
        double black = 0; ///< mean over the targets
    };

    using ModelPtr = std::shared_ptr<const models::Model>;
    ModelPtr m_source;
    std::vector<ModelPtr> m_targets;
    torch::Tensor m_x, m_y;
    std::map<std::string, Rates> m_rates;

    static double successRate(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y)
    {
        return (models::predict(model, x) != y).to(torch::kFloat64).mean().item<double>();
    }

    const Rates& rates(const std::string& id)
    {
        const auto it = m_rates.find(id);
        if (it != m_rates.end())
            return it->second;
        Json parameters = Json::object();
        if (id == "vmi-fgsm")
            parameters["vt_neighbours"] = 10;
        const AttackResult result =
            attacks::attacks().make(id, parameters)->run(*m_source, m_x, m_y, kBudget, {.seed = 1});
        Rates r{.white = successRate(*m_source, result.adversarial, m_y)};
        for (const ModelPtr& target : m_targets)
            r.black += successRate(*target, result.adversarial, m_y) / double(m_targets.size());
        qInfo("%-10s white %.3f black %.3f", id.c_str(), r.white, r.black);
        return m_rates[id] = r;
    }

private Q_SLOTS:
    void initTestCase()
    {
        const models::ModelLibrary zoo({ASSAY_TEST_SOURCE_DIR "/resources/zoo"});
        m_source = zoo.open("fashion-resnet", torch::kCPU);
        for (const char* name : {"fashion-cnn", "fashion-vgg"})
            m_targets.push_back(zoo.open(name, torch::kCPU));
        const auto set = data::DatasetCatalogue().open("fashion-mnist");
        const torch::Tensor ids = torch::arange(kDrawn);
        const torch::Tensor x = set->images(data::Split::Test, ids, torch::kCPU);
        const torch::Tensor y = set->labels(data::Split::Test).narrow(0, 0, kDrawn);
        torch::Tensor correct = models::predict(*m_source, x) == y;
        for (const ModelPtr& target : m_targets)
            correct = correct.logical_and(models::predict(*target, x) == y);
        const torch::Tensor pool = correct.nonzero().flatten();
        QVERIFY(pool.numel() >= kUsed);
        m_x = x.index_select(0, pool.narrow(0, 0, kUsed));
        m_y = y.index_select(0, pool.narrow(0, 0, kUsed));
    }

    void iteratedAttacksFoolTheirOwnModel()
    {
        for (const char* id : {"bim", "pgd", "mi-fgsm", "dim", "tim", "vmi-fgsm"}) {
            QVERIFY2(rates(id).white >= 0.95, id);
            QVERIFY2(rates(id).white >= rates("fgsm").white, id);
        }
    }

    void momentumTransfers() { QVERIFY(rates("mi-fgsm").black >= rates("bim").black - 0.02); }

    void varianceTuningTransfers() { QVERIFY(rates("vmi-fgsm").black >= rates("mi-fgsm").black - 0.01); }

    void diversityOrSmoothingTransfersFurther()
    {
        QVERIFY(std::max(rates("dim").black, rates("tim").black) >= rates("mi-fgsm").black + 0.02);
    }

    /// Two sources together fool a third at least as well as the mean of what each does alone.
    void ensemblesTransferFurther()
    {
        const auto attack = attacks::attacks().make("mi-fgsm");
        const models::Model &a = *m_source, &b = *m_targets[1], &held = *m_targets[0];
        const auto against = [&](const Source& source) {
            return successRate(held, attack->run(source, m_x, m_y, kBudget, {}).adversarial, m_y);
        };
        const double alone = (against(a) + against(b)) / 2;
        for (const Fusion fusion : {Fusion::Logits, Fusion::Probabilities, Fusion::Losses}) {
            const double together = against(Source({&a, &b}, fusion));
            qInfo("ensemble of %s: %.3f, alone %.3f", fusionName(fusion), together, alone);
            QVERIFY(together >= alone);
        }
    }
};

QTEST_GUILESS_MAIN(StudyTransferAttacks)
#include "study_transfer_attacks.moc"

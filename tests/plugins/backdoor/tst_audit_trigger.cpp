#include "backend/metrics/image_similarity.h"
#include "plugins/backdoor/audit_marks.h"
#include "plugins/backdoor/audit_results.h"
#include "plugins/backdoor/audit_trigger.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::backdoor;

namespace {

/// Two classes: the sum of the left and of the right half.
class AuditHalves final : public models::Network
{
public:
    AuditHalves() { m_scale = register_parameter("scale", torch::ones({1})); }
    torch::Tensor forward(const torch::Tensor& x, const models::TapSink* sink) override
    {
        const torch::Tensor features =
            torch::stack({x.narrow(3, 0, 4).sum({1, 2, 3}), x.narrow(3, 4, 4).sum({1, 2, 3})}, 1) * m_scale;
        if (sink)
            (*sink)("features", features);
        return features;
    }
    std::vector<std::string> taps() const override { return {"features"}; }
    std::shared_ptr<models::Network> another() const override { return std::make_shared<AuditHalves>(); }

private:
    torch::Tensor m_scale;
};

models::Model halves()
{
    models::ModelCard card;
    card.input = {.channels = 1, .height = 8, .width = 8};
    card.classes = {"left", "right"};
    return {std::make_shared<AuditHalves>(), card};
}

torch::Tensor imagesOfHalf(bool right)
{
    torch::Tensor x = torch::full({12, 1, 8, 8}, 0.3);
    x.narrow(3, right ? 4 : 0, 4).fill_(0.7);
    return x;
}

/// Two references, one innocent suspect and a marked one, of 20 queries at two amplifications.
AuditResults handMade()
{
    AuditResults r{.classes = {"a", "b"}, .rates = {0.01}, .kappas = {1, 2}};
    r.queries = torch::arange(20, torch::kInt64);
    const auto add = [&](const char* name, AuditRole role, std::int64_t first, std::int64_t second,
                         double loss) {
        r.networks.push_back({.name = name, .role = role});
        if (role == AuditRole::Marked) {
            r.networks.back().method = "trigger";
            r.networks.back().rate = 0.01;
        }
        torch::Tensor hits = torch::zeros({2, 20}, torch::kBool);
        hits[0].narrow(0, 0, first).fill_(true);
        hits[1].narrow(0, 0, second).fill_(true);
        r.answers.push_back(
            {.network = r.networks.size() - 1, .method = "trigger", .hits = hits, .loss = loss});
    };
    add("reference 1", AuditRole::Reference, 1, 2, 1.0);
    add("reference 2", AuditRole::Reference, 3, 2, 1.2);
    add("innocent 1", AuditRole::Innocent, 2, 2, 1.1);
    add("trigger 1 % 1", AuditRole::Marked, 8, 16, 0.5);
    return r;
}

} // namespace

class TestAuditTrigger : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theTriggerImitatesTheClass_data()
    {
        QTest::addColumn<int>("form");
        QTest::newRow("feature") << int(AuditForm::Feature);
        QTest::newRow("logit") << int(AuditForm::Logit);
        QTest::newRow("both") << int(AuditForm::Both);
    }
    /// Left images shall look right: less on the left, more on the right, everywhere to the bound.
    void theTriggerImitatesTheClass()
    {
        QFETCH(int, form);
        const models::Model model = halves();
        const AuditTriggerPlan plan{
            .form = AuditForm(form), .eps = 0.1, .steps = 40, .batch = 4, .rate = 0.02, .shift = 0};
        const AuditTrigger t = optimiseAuditTrigger(model, imagesOfHalf(false), imagesOfHalf(true), 1, plan);
        QCOMPARE(t.loss.size(), std::size_t(40));
        QVERIFY(t.loss.back() < t.loss.front());
        QVERIFY((t.delta.narrow(2, 0, 4) + 0.1).abs().max().item<double>() < 1e-5);
        QVERIFY((t.delta.narrow(2, 4, 4) - 0.1).abs().max().item<double>() < 1e-5);
        const AuditTrigger again =
            optimiseAuditTrigger(model, imagesOfHalf(false), imagesOfHalf(true), 1, plan);
        QVERIFY(again.delta.equal(t.delta));
    }

    void publishedImagesStayWithinTheBound()
    {
        const torch::Tensor bytes = torch::arange(256, torch::kInt64).to(torch::kUInt8).view({1, 1, 16, 16});
        const torch::Tensor delta = randomSigns(torch::zeros({1, 16, 16}), 16.0 / 255, 3);
        QVERIFY((delta.abs() - 16.0 / 255).abs().max().item<double>() < 1e-7);
        QVERIFY(delta.gt(0).any().item<bool>() && delta.lt(0).any().item<bool>());
        const torch::Tensor marked = publishedBytes(bytes, delta);
        const torch::Tensor change = marked.to(torch::kInt64) - bytes.to(torch::kInt64);
        QCOMPARE(change.abs().max().item<std::int64_t>(), std::int64_t(16));
        // 16 levels at every pixel that is not clipped: 20 log10(255 / 16) = 24.05 dB at least.
        const torch::Tensor x = bytes.to(torch::kFloat32) / 255;
        QVERIFY(metrics::psnr(x, marked.to(torch::kFloat32) / 255).item<double>() >= 24.04);
        QVERIFY((withDelta(x, delta, 1) * 255).round().to(torch::kUInt8).equal(marked));
        QCOMPARE((withDelta(x, delta, 2) * 255 - bytes).abs().max().item<float>(), 32.f);
    }

    void theSquareOfMibIsFaintWhenPublished()
    {
        const AuditMarker mib = AuditMarker::mib(1, 28, 28);
        QVERIFY(mib.relabels());
        const torch::Tensor black = torch::zeros({1, 1, 28, 28}, torch::kUInt8);
        const torch::Tensor published = mib.published(black);
        QCOMPARE(published.gt(0).sum().item<std::int64_t>(), std::int64_t(9));
        QCOMPARE(int(published.max().item<std::uint8_t>()), 76); // 0.3 of 255 is 76.5, which rounds to even
        const torch::Tensor asked = mib.queries(black.to(torch::kFloat32), 2);
        QCOMPARE(std::lround(asked.max().item<double>() * 255), 204L); // 0.8
    }

    void verdictsFollowTheView()
    {
        const AuditResults r = handMade();
        AuditParams p;
        p.kappa = 1;
        p.queries = 1000;
        AuditView view = auditView(p, r);
        QCOMPARE(view.queries, std::int64_t(20));
        QCOMPARE(view.suspect, std::size_t(3));
        // Rates 0.05 and 0.15: mean 0.1, deviation 0.0707.
        QVERIFY(std::abs(betaOf(r, view, "trigger") - (0.1 + 3 * 0.1 / std::sqrt(2.0))) < 1e-12);
        QVERIFY(!decisionOf(r, view, r.answers[3]).rejected); // 0.4 against 0.31
        p.kappa = 1.9; // the nearest is 2, where both references say 0.1
        view = auditView(p, r);
        QVERIFY(std::abs(betaOf(r, view, "trigger") - 0.1) < 1e-12);
        QVERIFY(decisionOf(r, view, r.answers[3]).rejected);
        QVERIFY(!decisionOf(r, view, r.answers[2]).rejected);
        p.beta = "chance";
        view = auditView(p, r);
        QCOMPARE(betaOf(r, view, "trigger"), 0.5);
        // Losses 1.0 and 1.2: mean 1.1, deviation 0.1414.
        QVERIFY(std::abs(lossScore(r, r.answers[3]) - 0.6 / (0.2 / std::sqrt(2.0))) < 1e-9);
        p.suspect = "trigger 1 % 2";
        QVERIFY_EXCEPTION_THROWN(auditView(p, r), Error);
    }

    void resultsComeBackFromTensors()
    {
        const AuditResults r = handMade();
        const AuditResults back = auditFrom(auditTensors(r));
        const AuditView view = auditView({}, r);
        QVERIFY(auditSuspectsFigure(r, view) == auditSuspectsFigure(back, auditView({}, back)));
        QVERIFY(auditRunningFigure(r, view) == auditRunningFigure(back, view));
        auto broken = auditTensors(r);
        broken["hits"] = broken["hits"].narrow(0, 0, 2).clone();
        QVERIFY_EXCEPTION_THROWN(auditFrom(broken), Error);
    }
};

QTEST_GUILESS_MAIN(TestAuditTrigger)
#include "tst_audit_trigger.moc"

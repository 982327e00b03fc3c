#include "plugins/backdoor/audit_params.h"
#include "plugins/backdoor/audit_study.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"
#include "tests/support/sentence_of.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>

using namespace assay;
using assay::test::BenchContext;
using assay::test::column;

/// The audit on Fashion-MNIST with small fully connected networks, which train in a second.
class StudyAudit : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = backdoor::makeAuditStudy();
    BenchContext m_context;

    double metric(const char* name) const { return m_context.metrics.at(name); }

private Q_SLOTS:
    void initTestCase()
    {
        QElapsedTimer timer;
        timer.start();
        m_study->run(m_context, {{"shadow_architecture", "mlp"},
                                 {"architecture", "mlp"},
                                 {"shadow_images", 3000},
                                 {"train_images", 4000},
                                 {"epochs", 6},
                                 {"methods", {"trigger", "mib"}},
                                 {"queries", 500},
                                 {"seeds", 2}});
        qInfo("%.1f s", double(timer.elapsed()) / 1000);
        for (const auto& [name, value] : m_context.metrics)
            qInfo("%s %.4f", name.c_str(), value);
    }

    /// Innocent networks stay below beta; the marked ones lie far above, more so the more marks there are.
    void marksTell()
    {
        QCOMPARE(metric("detected.trigger.none"), 0.0);
        QCOMPARE(metric("detected.trigger.0.01"), 1.0);
        QVERIFY(metric("asr.trigger.0.01") > 2.5 * metric("asr.trigger.none"));
        QVERIFY(metric("asr.trigger.0.01") > metric("asr.trigger.0.005"));
        QVERIFY(metric("asr.trigger.0.005") > metric("asr.trigger.none"));
    }

    void theMarksAreFaintAndCostNoAccuracy()
    {
        QVERIFY(metric("psnr") >= 24);
        QVERIFY(std::abs(metric("accuracy.trigger.0.01") - metric("accuracy.trigger.none")) < 0.015);
    }

    void theTablesAreAsDocumented()
    {
        const protocol::Table& audit = m_context.tables.at("audit");
        // 3 references and 2 innocent suspects with both methods' queries, 2 suspects of each of 3 kinds.
        QCOMPARE(audit.rows(), std::size_t(3 * 2 + 2 * 2 + 2 * 3));
        QCOMPARE(audit.columns.front().name, std::string("network"));
        QCOMPARE(column(audit, "verdict").texts.size(), audit.rows());
        QCOMPARE(m_context.tables.at("detection").rows(), std::size_t(3 + 2));
        QCOMPARE(column(audit, "n").numbers.front(), 500.0);
    }

    void thePreviewAsksAnew()
    {
        backdoor::AuditParams p;
        p.queries = 60;
        p.kappa = 1;
        p.suspect = "innocent 2";
        QElapsedTimer timer;
        timer.start();
        m_study->preview(m_context, protocol::writeParams(p));
        qInfo("preview %lld ms", static_cast<long long>(timer.elapsed()));
        QCOMPARE(column(m_context.tables.at("audit"), "n").numbers.front(), 60.0);
        p.suspect = "innocent 9";
        QVERIFY(test::sentenceOf([&] {
                    m_study->preview(m_context, protocol::writeParams(p));
                }).startsWith("suspect: there is no suspect 'innocent 9'. "));
    }

    void tooManyImagesAreRefused()
    {
        BenchContext context;
        QCOMPARE(test::sentenceOf([&] {
                     m_study->run(context, {{"shadow_images", 30000}, {"train_images", 20000}});
                 }),
                 QStringLiteral(
                     "shadow_images, train_images: 30000 shadow images and 20000 training images, with as "
                     "many again for the references, are asked for; 'fashion-mnist' has 60000. Ask for "
                     "fewer: no image may be in two of them."));
    }
};

QTEST_GUILESS_MAIN(StudyAudit)
#include "study_audit.moc"

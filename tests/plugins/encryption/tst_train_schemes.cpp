#include "plugins/encryption/train_params.h"
#include "plugins/encryption/train_schemes.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::encryption;

/// What the study publishes of the images, scheme by scheme.
class TestTrainSchemes : public QObject
{
    Q_OBJECT

    TrainParams m_params;
    torch::Tensor m_images, m_ids;

    static std::vector<SecretKey> keys(int count)
    {
        std::vector<SecretKey> keys;
        for (int i = 0; i < count; ++i)
            keys.push_back(SecretKey::forExperiment(3, std::to_string(i)));
        return keys;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_params.width = 24;
        m_params.depth = 1;
        m_images =
            torch::empty({9, 3, 8, 8}, torch::kUInt8).random_(0, 256, at::detail::createCPUGenerator(1));
        m_ids = torch::arange(9) + 100;
    }

    void everySchemeGivesWhatAClassifierTakes_data()
    {
        QTest::addColumn<QString>("id");
        for (const std::string& id : trainSchemeIds())
            QTest::newRow(id.c_str()) << QString::fromStdString(id);
    }
    void everySchemeGivesWhatAClassifierTakes()
    {
        QFETCH(QString, id);
        const TrainScheme scheme = trainScheme(id.toStdString(), m_params);
        const TrainEncoder encoder(scheme, keys(1), m_images, torch::kCPU);
        const torch::Tensor seen = encoder.encode(m_images, m_ids);
        QVERIFY(seen.scalar_type() == torch::kFloat32);
        if (scheme.neura) {
            QCOMPARE(seen.sizes(), (torch::IntArrayRef{9, 1, 4, 24}));
        } else {
            QCOMPARE(seen.sizes(), m_images.sizes());
            QVERIFY(seen.min().item<double>() >= 0 && seen.max().item<double>() <= 1);
        }
        QVERIFY(torch::equal(encoder.encode(m_images, m_ids), seen));
        const bool isPlain = torch::equal(seen.view({-1}), (m_images.to(torch::kFloat32) / 255).view({-1}));
        QCOMPARE(isPlain, id.startsWith("plain"));
        // Only where each image has a key or an order of its own does its number matter.
        const bool numbered = scheme.keyPerImage || (scheme.neura && scheme.neura->shuffle);
        QCOMPARE(torch::equal(encoder.encode(m_images, m_ids + 1), seen), !numbered);
        // The order of patches is told to those classifiers that can use it.
        QCOMPARE(scheme.positions, id != "plain-set" && !(scheme.neura && scheme.neura->shuffle));
    }

    /// Each owner's images are under their own key, as if they had been encrypted alone.
    void ownersHaveTheirOwnKeys()
    {
        for (const char* id : {"etc", "pe-each", "v1"}) {
            const TrainScheme scheme = trainScheme(id, m_params);
            const TrainEncoder both(scheme, keys(2), m_images, torch::kCPU);
            const torch::Tensor seen = both.encode(m_images, m_ids);
            for (std::size_t owner = 0; owner < 2; ++owner) {
                const torch::Tensor rows = rowsOfOwner(9, owner, 2);
                QCOMPARE(rows.size(0), owner == 0 ? 5 : 4);
                const torch::Tensor own = m_images.index_select(0, rows);
                const TrainEncoder alone(scheme, {keys(2)[owner]}, own, torch::kCPU);
                QVERIFY2(
                    torch::equal(alone.encode(own, m_ids.index_select(0, rows)), seen.index_select(0, rows)),
                    id);
            }
        }
    }

    void variantsDifferAsDescribed()
    {
        const auto neura = [&](const char* id) { return *trainScheme(id, m_params).neura; };
        QVERIFY(neura("v0") == (NeuraSpec{.width = 24, .depth = 1}));
        QVERIFY(neura("v1") == (NeuraSpec{.width = 24, .depth = 1, .separate = true}));
        QVERIFY(neura("v2") == (NeuraSpec{.width = 24, .depth = 1, .separate = true, .rotate = true}));
        QVERIFY(neura("v3") == (NeuraSpec{.width = 24, .depth = 1, .separate = true, .shuffle = false}));
        QVERIFY(trainScheme("ele", m_params).cipher->scheme == Scheme::Ele);
        QVERIFY(trainScheme("pe-each", m_params).cipher->scheme == Scheme::Pe);
        QVERIFY(trainScheme("v0", m_params).key() != trainScheme("v1", m_params).key());
    }
};

QTEST_GUILESS_MAIN(TestTrainSchemes)
#include "tst_train_schemes.moc"

#include "backend/data/catalogue.h"
#include "backend/data/recipes/tinted_fashion.h"
#include "backend/protocol/error.h"

#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::data;

class TestTintedFashion : public QObject
{
    Q_OBJECT

    std::shared_ptr<const Dataset> m_fashion;
    std::shared_ptr<const Dataset> m_tinted;

    torch::Tensor labels() const { return m_tinted->labels(Split::Train); }
    /// float64 [N,3]: mean of each channel.
    torch::Tensor means() const
    {
        return m_tinted->pixels(Split::Train).to(torch::kFloat64).mean(torch::IntArrayRef{2, 3});
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_fashion = DatasetCatalogue().open("fashion-mnist");
        m_tinted = tintedFashion(*m_fashion, {.train = 800, .test = 60});
    }

    void classesAreGarmentAndHue()
    {
        const DatasetInfo& info = m_tinted->info();
        QCOMPARE(info.classes.size(), std::size_t(20));
        QCOMPARE(info.classes[0], std::string("magenta tops"));
        QCOMPARE(info.classes[19], std::string("green bags"));
        QCOMPARE(m_tinted->pixels(Split::Train).sizes(), (torch::IntArrayRef{800, 3, 28, 28}));
        QVERIFY(torch::equal(torch::bincount(labels()), torch::full({20}, 40, torch::kInt64)));
        const SampleTable& samples = m_tinted->samples(Split::Train);
        QVERIFY(torch::equal(samples.find("garment")->codes.to(torch::kInt64), labels().div(4, "floor")));
        QVERIFY(torch::equal(samples.find("hue")->codes.to(torch::kInt64), labels().remainder(4)));
    }

    /// The item that an image names is the one it shows: its luma is half the grey value.
    void lumaIsHalfTheItemsGrey()
    {
        const torch::Tensor x = m_tinted->pixels(Split::Train).to(torch::kFloat64);
        const torch::Tensor luma = 0.299 * x.select(1, 0) + 0.587 * x.select(1, 1) + 0.114 * x.select(1, 2);
        std::vector<std::int64_t> items;
        for (const std::string& name : m_tinted->samples(Split::Train).names)
            items.push_back(std::stoll(name.substr(name.find('/') + 1)));
        const torch::Tensor ids = torch::tensor(items, torch::kInt64);
        const torch::Tensor grey = m_fashion->pixelsOf(Split::Train, ids).select(1, 0).to(torch::kFloat64);
        QVERIFY((luma - grey / 2).abs().max().item<double>() <= 0.5); // of three roundings
        // Each item once, and of its group: trousers are trousers.
        QCOMPARE(std::get<0>(at::_unique(ids)).size(0), std::int64_t(800));
        const torch::Tensor truth = m_fashion->labels(Split::Train).index_select(0, ids);
        QVERIFY(truth.eq(1).eq(labels().div(4, "floor").eq(1)).all().item<bool>());
    }

    void hueIsInTheChannels()
    {
        const torch::Tensor hue = labels().remainder(4), mean = means();
        const auto channel = [&](std::int64_t h, std::int64_t c) {
            return mean.index_select(0, hue.eq(h).nonzero().flatten()).select(1, c).mean().item<double>();
        };
        QVERIFY(channel(0, 2) > channel(0, 0) && channel(0, 0) > 2 * channel(0, 1));     // magenta
        QVERIFY(channel(1, 0) > channel(1, 1) && channel(1, 1) > 2 * channel(1, 2));     // orange
        QVERIFY(channel(2, 2) > channel(2, 1) && channel(2, 1) > 2 * channel(2, 0));     // azure
        QVERIFY(channel(3, 1) > 3 * channel(3, 0) && channel(3, 1) > 3 * channel(3, 2)); // green
    }

    void fewerAreTheFirstOfMore()
    {
        const auto fewer = tintedFashion(*m_fashion, {.train = 50, .test = 21});
        QVERIFY(torch::equal(fewer->pixels(Split::Train), m_tinted->pixels(Split::Train).narrow(0, 0, 50)));
        QVERIFY(torch::equal(fewer->labels(Split::Test), m_tinted->labels(Split::Test).narrow(0, 0, 21)));
        QVERIFY(fewer->hash() != m_tinted->hash());
        const auto other = tintedFashion(*m_fashion, {.train = 50, .test = 21, .seed = 2});
        QVERIFY(!torch::equal(other->pixels(Split::Train), fewer->pixels(Split::Train)));
    }

    void allThereAreAreEnough()
    {
        QCOMPARE(drawTintedFashion(*m_fashion, {.train = 30000, .test = 5000}).labels.size(0), 35000);
    }

    void otherSetsAreRefused()
    {
        const auto sentence = [](const auto& call) {
            try {
                call();
            } catch (const Error& error) {
                return QString::fromStdString(error.what());
            }
            return QString();
        };
        QCOMPARE(sentence([&] { tintedFashion(*m_tinted, {}); }),
                 "tinted-fashion: is not Fashion-MNIST, of which tinted images are made.");
        QCOMPARE(sentence([&] { tintedFashion(*m_fashion, {.train = 30001}); }),
                 "tinted-fashion: 30001 tinted images of the training split are asked for; it must be 1 to "
                 "30000.");
    }
};

QTEST_GUILESS_MAIN(TestTintedFashion)
#include "tst_tinted_fashion.moc"

#include "backend/models/predict.h"
#include "plugins/backdoor/before_after.h"
#include "tests/support/bench_context.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <algorithm>

using namespace assay;
using namespace assay::backdoor;
using test::BenchContext;

namespace {

constexpr std::int64_t kViewed = 300;

BeforeAfter viewOf(BenchContext& context, const char* before, const char* after)
{
    poisoning::PoisonSpec poison;
    poison.target = 7;
    return {.models = {{"before", context.model({before})}, {"After it", context.model({after})}},
            .set = context.dataset({"fashion-mnist"}),
            .ids = torch::arange(kViewed, torch::kInt64) * 3,
            .poison = poison};
}

double sumOfCells(const protocol::Figure& figure)
{
    double sum = 0;
    for (const double z : figure.layers.front().z)
        sum += z;
    return sum;
}

} // namespace

/// Two models side by side.
class TestBeforeAfter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void showsBothModels()
    {
        BenchContext context;
        const BeforeAfter what = viewOf(context, "fashion-cnn-early", "fashion-cnn");
        const std::vector<SubjectAnswers> answers = emitBeforeAfter(context, what);
        const torch::Tensor y = what.set->labels(data::Split::Test).index_select(0, what.ids);
        const torch::Tensor x = what.set->images(data::Split::Test, what.ids, torch::kCPU);
        QCOMPARE(answers.size(), std::size_t(2));
        QVERIFY(answers[1].clean.equal(models::predict(*what.models[1].model, x)));

        double highest = -1;
        for (const char* name : {"confusion-before", "confusion-after-it", "confusion-triggered-before",
                                 "confusion-triggered-after-it"}) {
            const protocol::Figure& figure = context.figures.at(name);
            QCOMPARE(sumOfCells(figure), static_cast<double>(kViewed));
            QVERIFY(highest < 0 || figure.colour.high == highest); // one scale
            highest = *figure.colour.high;
        }
        const protocol::Figure& clean = context.figures.at("confusion-after-it");
        const std::vector<std::int64_t> bags = clean.layers.front().samples.of(8 * 10 + 8);
        const torch::Tensor rightBags = what.ids.masked_select(y.eq(8).logical_and(answers[1].clean.eq(8)));
        QVERIFY(torch::tensor(bags).equal(rightBags));

        const protocol::Figure& recall = context.figures.at("recall");
        QCOMPARE(recall.layers.size(), std::size_t(2));
        QCOMPARE(recall.layers[1].count[8], static_cast<double>(bags.size()));
        QCOMPARE(recall.layers[1].denominator[8], static_cast<double>(y.eq(8).sum().item<std::int64_t>()));
    }

    /// Clean images of the target class, other clean ones, and triggered ones of the others only.
    void embedsThreeKindsOfImages()
    {
        BenchContext context;
        BeforeAfter what = viewOf(context, "fashion-cnn-early", "fashion-cnn");
        what.embedded = 120;
        what.tsne = true;
        emitEmbeddings(context, what);
        const torch::Tensor y = what.set->labels(data::Split::Test);
        for (const char* name :
             {"embedding-before", "embedding-after-it", "embedding-tsne-before", "embedding-tsne-after-it"}) {
            const protocol::Figure& figure = context.figures.at(name);
            QCOMPARE(figure.layers.size(), std::size_t(3));
            QCOMPARE(figure.layers[0].x.size() + figure.layers[1].x.size(), std::size_t(120));
            QCOMPARE(figure.layers[2].x.size(), figure.layers[0].x.size());
            for (const std::int64_t id : figure.layers[1].samples.ids)
                QCOMPARE(y[id].item<std::int64_t>(), 7);
            // A triggered image goes by the id of the image that it was made of.
            QCOMPARE(figure.layers[2].samples.ids, figure.layers[0].samples.ids);
        }
    }

    void showsWhereTheyLook()
    {
        BenchContext context;
        BeforeAfter what = viewOf(context, "fashion-cnn", "fashion-mlp");
        what.gallery = 30;
        emitSaliency(context, what, askSubjects(context, what));
        const protocol::ImageGrid& grid = context.grids.at("triggered");
        QCOMPARE(grid.variants, (std::vector<std::string>{"clean", "triggered", "saliency before"}));
        QCOMPARE(grid.count(), std::size_t(30));
        QCOMPARE(grid.channels, std::uint32_t(3));
        QCOMPARE(grid.attributes.size(), std::size_t(3));
        for (const std::int32_t label : grid.attributes[0].codes)
            QVERIFY(label != 7); // those of the target class do not count
        QCOMPARE(context.logs,
                 (std::vector<std::string>{"Saliency of After it is left out: fashion-mlp shows "
                                           "no layer that is an image."}));
        const std::size_t bytes = grid.imageBytes();
        const auto variant = [&](std::size_t v) {
            const auto at = grid.pixels.begin() + static_cast<std::ptrdiff_t>(v * bytes);
            return std::vector<std::uint8_t>(at, at + static_cast<std::ptrdiff_t>(bytes));
        };
        QVERIFY(variant(0) != variant(1));
        QVERIFY(variant(1) != variant(2));
    }

    void withoutATriggerCleanImagesAreShown()
    {
        BenchContext context;
        BeforeAfter what = viewOf(context, "fashion-cnn-early", "fashion-cnn");
        what.poison.reset();
        what.embedded = 50;
        const std::vector<SubjectAnswers> answers = emitBeforeAfter(context, what);
        QVERIFY(!answers[0].triggered.defined());
        QVERIFY(!context.figures.contains("confusion-triggered-before"));
        QCOMPARE(context.figures.at("embedding-before").layers.size(), std::size_t(1));
        QCOMPARE(context.grids.at("judged").variants,
                 (std::vector<std::string>{"clean", "saliency before", "saliency After it"}));
    }

    void twoOfOneNameAreRefused()
    {
        BenchContext context;
        BeforeAfter what = viewOf(context, "fashion-cnn", "fashion-cnn");
        what.models[1].name = "Before";
        QCOMPARE(test::sentenceOf([&] { emitBeforeAfter(context, what); }),
                 QString("two models would be called 'before' in figures."));
    }
};

QTEST_GUILESS_MAIN(TestBeforeAfter)
#include "tst_before_after.moc"

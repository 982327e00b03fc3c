#include "noise_floor_study.h"

#include "backend/attacks/registry.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/study_inputs.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/models/predict.h"

#include <torch/types.h>

namespace noise_example {

using namespace assay;

namespace {

/// What the user may choose. visit() describes it: the form, the checks and `assay-cli describe` come from
/// it.
struct NoiseFloorParams
{
    protocol::ModelRef model = {"fashion-cnn"};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 500;
    std::string attack = "fgsm";
    std::vector<double> eps = {0.02, 0.04, 0.06, 0.08, 0.1};
    int draws = 10;
};

template <class V>
void visit(V& v, NoiseFloorParams& p)
{
    v.field("model", p.model).label("Model");
    v.field("dataset", p.dataset).label("Data set");
    v.field("count", p.count).label("Images").unit("images").range(1, 100000);
    v.field("attack", p.attack).label("Attack").help("Compared with random signs of the same size.");
    v.field("eps", p.eps).label("ε").unit("of [0,1]").range(0, 1);
    v.field("draws", p.draws).label("Draws").range(1, 10000).help("Of random signs for every image.");
}

/// Accuracy under one attack at every radius.
struct Curve
{
    std::string attack; ///< its id
    std::string title;
    std::string role; ///< of its colour
    std::vector<metrics::Rate> rates;
};

metrics::Rate accuracyUnder(const attacks::Attack& attack, const models::Model& model,
                            const reporting::TestImages& images, const attacks::Budget& budget,
                            const attacks::Context& context)
{
    const torch::Tensor correct = models::predict(model, images.x) == images.y;
    const torch::Tensor fooled = attack.run(model, images.x, images.y, budget, context).success;
    const torch::Tensor robust = correct.logical_and(fooled.logical_not());
    return metrics::wilson(robust.sum().item<std::int64_t>(), images.size());
}

protocol::Figure figureOf(const std::vector<Curve>& curves, const NoiseFloorParams& params)
{
    protocol::Figure figure{.name = "accuracy",
                            .title = "Accuracy under noise and under attack",
                            .section = "Noise floor",
                            .rateOf = "all images drawn",
                            .interval = reporting::kWilson};
    figure.x = {.label = "ε", .unit = "of [0,1]"};
    figure.y = reporting::percentScale("Accuracy");
    for (const Curve& curve : curves) {
        protocol::Layer layer{.kind = protocol::LayerKind::Line, .name = curve.title, .role = curve.role};
        for (std::size_t i = 0; i < params.eps.size(); ++i)
            reporting::addRateMark(layer, params.eps[i], curve.rates[i], true);
        figure.layers.push_back(std::move(layer));
    }
    return figure;
}

protocol::Table tableOf(const std::vector<Curve>& curves, const NoiseFloorParams& params)
{
    using namespace reporting;
    protocol::Table table{.name = "floor", .title = "Accuracy", .section = "Noise floor"};
    table.columns = {textColumn("attack", "Attack"), numberColumn("eps", "ε", -1, "of [0,1]"),
                     numberColumn("n", "Images", 0), numberColumn("accuracy", "Accuracy", 3),
                     numberColumn("low", "low", 3),  numberColumn("high", "high", 3)};
    for (const Curve& curve : curves)
        for (std::size_t i = 0; i < params.eps.size(); ++i)
            TableRow(table) << curve.attack << params.eps[i] << static_cast<double>(curve.rates[i].n)
                            << curve.rates[i];
    return table;
}

class NoiseFloorStudy final : public engine::StudyOf<NoiseFloorParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {.id = "example.noise-floor",
                .title = "Noise floor",
                .question = "Does the attack do more than noise of the same size?",
                .summary =
                    "Accuracy of a model under random signs and under an attack, at the same radii. What "
                    "noise alone achieves is no merit of an attack.",
                .keywords = {"noise", "baseline", "example"},
                .outputs = {"tables/floor.csv: attack, eps, n, accuracy, low, high"}};
    }

protected:
    void runWith(engine::RunContext& ctx, const NoiseFloorParams& params) override
    {
        const auto dataset = ctx.dataset(params.dataset);
        const auto named = reporting::openModels(ctx, {params.model}, dataset->info(), "model");
        const models::Model& model = *named.front().model;
        const auto images = reporting::drawTestImages(ctx, *dataset, params.count);

        std::vector<Curve> curves;
        for (const std::string& id : {std::string("example.random-signs"), params.attack}) {
            const auto attack = attacks::attacks().make(id);
            Curve curve{.attack = id,
                        .title = attacks::attacks().info(id).title,
                        .role = curves.empty() ? "neutral" : "accent"};
            for (const double eps : params.eps) {
                const attacks::Budget budget{.eps = eps, .queries = params.draws};
                attacks::Context context{.seed = ctx.seed(), .hooks = ctx.attackHooks(curve.title)};
                context.stopWhenFooled = true;
                curve.rates.push_back(accuracyUnder(*attack, model, images, budget, context));
            }
            curves.push_back(std::move(curve));
        }
        ctx.figure(figureOf(curves, params));
        ctx.table(tableOf(curves, params));
        ctx.metric(reporting::rateNumber("accuracy.noise", curves[0].rates.back(), "all images drawn"));
        ctx.metric(reporting::rateNumber("accuracy.attack", curves[1].rates.back(), "all images drawn"));
    }
};

} // namespace

std::unique_ptr<engine::Study> makeNoiseFloorStudy()
{
    return std::make_unique<NoiseFloorStudy>();
}

} // namespace noise_example

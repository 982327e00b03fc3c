#include "widgets/browsing/class_balance.h"

#include <QCoreApplication>

#include <algorithm>
#include <numeric>

namespace assay::widgets {

namespace {

struct ClassBalanceWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::ClassBalance)
};

} // namespace

protocol::Figure classBalance(const QStringList& classes, const std::vector<qint64>& counts)
{
    std::vector<std::size_t> order(std::min(counts.size(), std::size_t(classes.size())));
    std::iota(order.begin(), order.end(), 0);
    protocol::Figure figure;
    figure.name = "class-balance";
    figure.title = ClassBalanceWords::tr("Class balance").toStdString();
    if (order.size() > kMostBars) {
        figure.title = ClassBalanceWords::tr("Class balance: the largest %1 of %2 classes")
                           .arg(kMostBars)
                           .arg(order.size())
                           .toStdString();
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
        order.resize(kMostBars);
    }
    figure.x.scale = protocol::AxisScale::Category;
    figure.y.label = ClassBalanceWords::tr("images").toStdString();
    figure.y.low = 0;
    protocol::Layer bars;
    bars.kind = protocol::LayerKind::Bars;
    bars.name = ClassBalanceWords::tr("images").toStdString();
    bars.role = "accent";
    for (std::size_t i = 0; i < order.size(); ++i) {
        figure.x.categories.push_back(classes[qsizetype(order[i])].toStdString());
        bars.x.push_back(double(i));
        bars.y.push_back(double(counts[order[i]]));
        bars.samples.add({std::int64_t(order[i])});
    }
    figure.layers.push_back(std::move(bars));
    figure.aspect = 4;
    return figure;
}

} // namespace assay::widgets

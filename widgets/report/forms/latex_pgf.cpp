#include "widgets/figures/bars_layout.h"
#include "widgets/figures/plot_style.h"
#include "widgets/report/forms/latex_parts.h"
#include "widgets/report/report_markdown.h"

#include <QHash>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

using protocol::AxisScale;
using protocol::Layer;
using protocol::LayerKind;

constexpr int kLongestTick = 24, kLongestEntry = 36; ///< letters

/// Writes one picture.
class PgfPicture
{
public:
    PgfPicture(const protocol::Figure& figure, const QString& data)
        : m_figure(figure)
        , m_data(data)
        , m_bars(layoutBars(figure))
    {}

    QByteArray text(double widthMm, double heightMm)
    {
        setColours();
        QString text =
            QStringLiteral("% Needs in the preamble: \\usepackage{pgfplots} \\pgfplotsset{compat=1.18}\n"
                           "% \\usepgfplotslibrary{fillbetween}\n\\begin{tikzpicture}\n");
        for (std::size_t i = 0; i < m_figure.layers.size(); ++i)
            text += QStringLiteral("  \\definecolor{layer%1}{HTML}{%2}\n")
                        .arg(i + 1)
                        .arg(m_colours[qsizetype(i)].name().mid(1).toUpper());
        text +=
            QStringLiteral("  \\begin{axis}[width=%1, height=%2,\n%3%4"
                           "    legend style={draw=none, fill=none, font=\\footnotesize, at={(0.5,1.02)}, "
                           "anchor=south, legend columns=3},\n    axis lines=left, "
                           "label style={font=\\footnotesize}, tick label style={font=\\footnotesize}]\n")
                .arg(latexMm(widthMm), latexMm(heightMm), axis("x", m_figure.x), axis("y", m_figure.y));
        // Of a stack the highest first: those below are drawn over its lower part.
        for (std::size_t i = m_figure.layers.size(); i-- > 0;) {
            if (m_figure.layers[i].kind == LayerKind::Bars)
                text += bars(i);
        }
        for (std::size_t i = 0; i < m_figure.layers.size(); ++i)
            text += layer(i);
        return (text + QStringLiteral("  \\end{axis}\n\\end{tikzpicture}%\n")).toUtf8();
    }

private:
    void setColours()
    {
        // As FigurePlot gives them.
        const Theme theme = Theme::print();
        int unnamed = 0;
        std::string first;
        for (const Layer& layer : m_figure.layers) {
            if (layer.kind != LayerKind::Marks && !layer.name.empty()) {
                m_several = m_several || (!first.empty() && layer.name != first);
                first = layer.name;
            }
            const QString role = QString::fromStdString(layer.role);
            const bool quiet = role.isEmpty() && layer.kind == LayerKind::Marks;
            m_colours << theme.role(quiet ? QStringLiteral("chance") : role,
                                    role.isEmpty() && !quiet ? unnamed++ : 0);
        }
    }

    /// Names are for reading: what is too long for a tick or an entry ends in dots.
    static QString shortName(const std::string& name, int most)
    {
        const QString whole = QString::fromStdString(name);
        return latexText(whole.size() > most ? whole.left(most - 1) + QChar(0x2026) : whole);
    }

    QString axis(const QString& name, const protocol::Axis& axis) const
    {
        QString text =
            QStringLiteral("    %1label={%2},\n").arg(name, latexText(axisText(axis.label, axis.unit)));
        const auto limit = [&](const char* end, double value) {
            text += QStringLiteral("    %1%2=%3,\n").arg(name, QLatin1String(end)).arg(value, 0, 'g', 17);
        };
        if (axis.scale == AxisScale::Category && !axis.categories.empty()) {
            QStringList places, names;
            qsizetype letters = 0;
            for (std::size_t i = 0; i < axis.categories.size(); ++i) {
                const QString category = QString::fromStdString(axis.categories[i]);
                letters += std::min<qsizetype>(category.size(), kLongestTick);
                places << QString::number(i);
                names << QLatin1Char('{') + shortName(axis.categories[i], kLongestTick) + QLatin1Char('}');
            }
            text += QStringLiteral("    %1tick={%2},\n    %1ticklabels={%3},\n")
                        .arg(name, places.join(QLatin1Char(',')), names.join(QLatin1Char(',')));
            if (name == QLatin1String("x") && letters > 60)
                text += QStringLiteral("    x tick label style={rotate=45, anchor=north east},\n");
            limit("min", -0.5);
            limit("max", double(axis.categories.size()) - 0.5);
            return text;
        }
        if (axis.scale == AxisScale::Log)
            text += QStringLiteral("    %1mode=log,\n").arg(name);
        if (axis.low && std::isfinite(*axis.low))
            limit("min", *axis.low);
        else if (name == QLatin1String("y") && standsOnZero())
            limit("min", 0);
        if (axis.high && std::isfinite(*axis.high))
            limit("max", *axis.high);
        return text;
    }

    bool standsOnZero() const
    {
        bool bars = false;
        for (std::size_t i = 0; i < m_bars.size(); ++i) {
            for (const BarRect& bar : m_bars[i]) {
                if (std::min(bar.bottom, bar.top) < 0)
                    return false;
                bars = true;
            }
        }
        return bars && m_figure.y.scale == AxisScale::Linear;
    }

    QString file(std::size_t i) const { return QStringLiteral("%1-%2.dat").arg(m_data).arg(i + 1); }

    QString legend(std::size_t i)
    {
        const QString name = QString::fromStdString(m_figure.layers[i].name);
        if (!hasEntry(name))
            return {};
        m_named << name;
        return QStringLiteral("    \\addlegendentry{%1}\n")
            .arg(shortName(m_figure.layers[i].name, kLongestEntry));
    }

    /// The axis says what the only layer is; of layers that share a name the first has the entry.
    bool hasEntry(const QString& name) const
    {
        return m_several && !name.isEmpty() && !m_named.contains(name);
    }

    QString forgotten(std::size_t i) const
    {
        const QString name = QString::fromStdString(m_figure.layers[i].name);
        return hasEntry(name) ? QString() : QStringLiteral(", forget plot");
    }

    static bool hasInterval(const Layer& layer)
    {
        return !layer.y.empty() && layer.low.size() == layer.y.size() && layer.high.size() == layer.y.size();
    }

    static QString errors(const Layer& layer)
    {
        return hasInterval(layer) ? QStringLiteral(", y error minus=minus, y error plus=plus") : QString();
    }

    QString bars(std::size_t i) const
    {
        double width = 0;
        for (const BarRect& bar : m_bars[i]) {
            if (std::isfinite(bar.right - bar.left))
                width = std::max(width, bar.right - bar.left);
        }
        return QStringLiteral(
                   "    \\addplot[ybar, bar width=%1, bar shift=0pt, draw=none, fill=layer%2, forget plot]\n"
                   "      table[x=at, y=top] {%3};\n")
            .arg(width)
            .arg(i + 1)
            .arg(file(i));
    }

    QString band(std::size_t i) const
    {
        const QString edge =
            QStringLiteral("    \\addplot[draw=none, forget plot, name path=%1%2] table[x=x, y=%3] {%4};\n");
        return edge.arg(QStringLiteral("low")).arg(i + 1).arg(QStringLiteral("low"), file(i)) +
               edge.arg(QStringLiteral("high")).arg(i + 1).arg(QStringLiteral("high"), file(i)) +
               QStringLiteral("    \\addplot[layer%1, fill opacity=0.2, draw=none%2] fill between[of=low%1 "
                              "and high%1];\n")
                   .arg(i + 1)
                   .arg(m_figure.layers[i].kind == LayerKind::Band ? forgotten(i)
                                                                   : QStringLiteral(", forget plot"));
    }

    QString reference(std::size_t i) const
    {
        const Layer& layer = m_figure.layers[i];
        QString text;
        const auto draw = [&](const QString& from, const QString& to, double value) {
            if (std::isfinite(value))
                text += QStringLiteral("    \\draw[dashed, layer%1] (%2) -- (%3);\n")
                            .arg(i + 1)
                            .arg(from.arg(value, 0, 'g', 17), to.arg(value, 0, 'g', 17));
        };
        if (layer.x.empty()) {
            for (const double y : layer.y)
                draw(QStringLiteral("{rel axis cs:0,0}|-{axis cs:\\pgfkeysvalueof{/pgfplots/xmin},%1}"),
                     QStringLiteral("{rel axis cs:1,0}|-{axis cs:\\pgfkeysvalueof{/pgfplots/xmin},%1}"), y);
        } else if (layer.y.empty()) {
            for (const double x : layer.x)
                draw(QStringLiteral("{axis cs:%1,\\pgfkeysvalueof{/pgfplots/ymin}}|-{rel axis cs:0,0}"),
                     QStringLiteral("{axis cs:%1,\\pgfkeysvalueof{/pgfplots/ymin}}|-{rel axis cs:0,1}"), x);
        }
        return text;
    }

    QString layer(std::size_t i)
    {
        const Layer& layer = m_figure.layers[i];
        const bool interval = hasInterval(layer);
        const QString bars =
            interval ? QStringLiteral(", error bars/.cd, y dir=both, y explicit") : QString();
        switch (layer.kind) {
        case LayerKind::Line: {
            // Whether the plot has an entry is said before its entry is written.
            const QString plot = (interval ? band(i) : QString()) +
                                 QStringLiteral("    \\addplot[layer%1, thick%2] table[x=x, y=y] {%3};\n")
                                     .arg(i + 1)
                                     .arg(forgotten(i), file(i));
            return plot + legend(i);
        }
        case LayerKind::Band: {
            const QString plot = band(i);
            return plot + legend(i);
        }
        case LayerKind::Points: {
            const QString plot = QStringLiteral("    \\addplot[layer%1, only marks, mark size=1.5pt%2%3] "
                                                "table[x=x, y=y%4] {%5};\n")
                                     .arg(i + 1)
                                     .arg(forgotten(i), bars, errors(layer), file(i));
            return plot + legend(i);
        }
        case LayerKind::Bars: {
            QString text;
            if (interval)
                text =
                    QStringLiteral(
                        "    \\addplot[draw=none, mark=none, forget plot%1, error bar style={draw=black}]\n"
                        "      table[x=at, y=top%2] {%3};\n")
                        .arg(bars, errors(layer), file(i));
            if (const QString entry = legend(i); !entry.isEmpty())
                text += QStringLiteral("    \\addlegendimage{area legend, draw=none, fill=layer%1}\n")
                            .arg(i + 1) +
                        entry;
            return text;
        }
        case LayerKind::Marks:
            return reference(i);
        case LayerKind::Cells:
        case LayerKind::Boxes:
            break;
        }
        return {};
    }

    const protocol::Figure& m_figure;
    const QString m_data;
    const std::vector<std::vector<BarRect>> m_bars;
    QVector<QColor> m_colours;
    QStringList m_named;
    bool m_several = false;
};

} // namespace

QByteArray pgfPicture(const protocol::Figure& figure, const QString& data, double widthMm, double heightMm)
{
    const bool drawable = std::all_of(figure.layers.begin(), figure.layers.end(), [](const Layer& layer) {
        return layer.kind != LayerKind::Cells && layer.kind != LayerKind::Boxes;
    });
    if (!drawable || figure.layers.empty())
        return {};
    return PgfPicture(figure, data).text(widthMm, heightMm);
}

} // namespace assay::widgets

#include "backend/protocol/error.h"
#include "widgets/report/forms/command_lines.h"
#include "widgets/report/forms/latex_folder.h"
#include "widgets/report/forms/latex_parts.h"
#include "widgets/report/forms/report_panels.h"
#include "widgets/report/forms/report_words.h"
#include "widgets/report/forms/report_writers.h"
#include "widgets/report/report_markdown.h"
#include "widgets/report/run_traces.h"

#include <QApplication>
#include <QHash>

namespace assay::widgets {

namespace {

QString itemLatex(const ContentItem& item, const ExportOptions& figures, LatexFolder& folder)
{
    switch (item.kind) {
    case ContentItem::Kind::Text:
        return latexNote(item.text) + QLatin1Char('\n');
    case ContentItem::Kind::Figure:
        return latexFigure(item, figures, folder);
    case ContentItem::Kind::Gallery:
        return latexGallery(item, folder);
    case ContentItem::Kind::Table:
        return latexTable(item, folder);
    case ContentItem::Kind::Problem:
        break;
    }
    return latexProblem(item.text);
}

/// Labels as references to their anchors: "Figure~\ref{figure-1}, Table~\ref{table-2}".
QString references(const QStringList& labels, const QHash<QString, QString>& anchors)
{
    QStringList texts;
    for (const QString& label : labels) {
        const QString anchor = anchors.value(label);
        texts << (anchor.isEmpty() ? latexText(label)
                                   : QStringLiteral("%1~\\ref{%2}")
                                         .arg(latexText(label.section(QLatin1Char(' '), 0, 0)), anchor));
    }
    return texts.join(QStringLiteral(", "));
}

QString traceLatex(const RunTrace& run, const QHash<QString, QString>& anchors)
{
    const QString columns = QStringLiteral("@{}>{\\raggedright\\arraybackslash}p{%1}"
                                           ">{\\raggedright\\arraybackslash}p{%2}@{}");
    QString text = QStringLiteral("\\subsection{%1}\n").arg(latexText(traceHeading(run)));
    text += QStringLiteral("{\\small\n\\begin{longtable}{%1}\n")
                .arg(columns.arg(latexMm(36), latexMm(kLatexTextMm - 36 - 4.5)));
    const QString usedIn = run.usedIn.join(QStringLiteral(", "));
    const QVector<TraceRow> rows = traceRows(run);
    for (const TraceRow& row : rows) {
        QString value = latexBreakable(row.value);
        if (!usedIn.isEmpty() && row.value == usedIn)
            value = references(run.usedIn, anchors);
        else if (row.code)
            value = QStringLiteral("\\texttt{%1}").arg(value);
        text += QStringLiteral("%1 & %2 \\\\\n").arg(latexBreakable(row.name), value);
    }
    text += QStringLiteral("\\end{longtable}\n");
    if (const QVector<TraceRow> parameters = parameterRows(run); !parameters.isEmpty()) {
        text += QStringLiteral("\\begin{longtable}{%1}\n\\toprule\n%2 & %3 \\\\\n\\midrule\n\\endhead\n"
                               "\\bottomrule\n\\endfoot\n")
                    .arg(columns.arg(latexMm(56), latexMm(kLatexTextMm - 56 - 4.5)),
                         latexText(parameterTitle()), latexText(valueTitle()));
        for (const TraceRow& row : parameters)
            text += QStringLiteral("%1 & \\texttt{%2} \\\\\n")
                        .arg(latexBreakable(row.name), latexBreakable(row.value));
        text += QStringLiteral("\\end{longtable}\n");
    }
    text += QStringLiteral("}\n");
    if (run.command.isEmpty())
        return text + QLatin1Char('\n');
    text += QStringLiteral("%1:\\par\\nopagebreak\n{\\raggedright\\small\\ttfamily\n")
                .arg(latexText(commandTitle()));
    const QStringList lines = commandLines(run.command);
    for (qsizetype i = 0; i < lines.size(); ++i)
        text +=
            QStringLiteral("%1%2%3\n")
                .arg(i > 0 ? QStringLiteral("\\hspace*{2em}") : QString(), latexBreakable(lines[i].trimmed()),
                     i + 1 < lines.size() ? QStringLiteral("\\\\") : QString());
    return text + QStringLiteral("\\par}\n\n");
}

} // namespace

QString latexPreamble(const ReportContent& content)
{
    qsizetype floats = 0;
    for (const ContentItem& item : content.items)
        floats += item.label.isEmpty() ? 0 : 2;
    const QString author = latexText(content.author), title = latexText(content.title);
    return QStringLiteral(
               R"(%% Written by Assay %1. Compile it twice with pdflatex, xelatex or lualatex, or once with latexmk -pdf.
%% figures/ holds the drawings, each with its evidence inside; data/ holds their numbers.
%% Figures and tables stand where the text has them: [H]. [htbp] in its place lets them float.
\documentclass[10pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \usepackage{lmodern}
  \usepackage{textcomp}
\else
  \usepackage{fontspec}
\fi
\usepackage[a4paper,textwidth=%2,textheight=%3]{geometry}
\usepackage{amssymb}
\usepackage{array}
\usepackage{booktabs}
\usepackage{longtable}
\usepackage{graphicx}
\usepackage{float}
\usepackage{caption}
\IfFileExists{ulem.sty}{\usepackage[normalem]{ulem}}{}
\providecommand{\sout}[1]{[struck out: #1]}
\usepackage[hidelinks]{hyperref}
\hypersetup{pdftitle={%4}}
%% To have pgfplots draw a figure from data/, take the %% from these three lines, and the line that says
%% "pgfplots:" above the figure tells what to put in place of the line below it.
%%\usepackage{pgfplots}
%%\pgfplotsset{compat=1.18}
%%\usepgfplotslibrary{fillbetween}
\captionsetup{font=small,labelfont=bf,singlelinecheck=false}
\extrafloats{%5}
\setcounter{secnumdepth}{0}
\renewcommand{\topfraction}{0.9}
\renewcommand{\bottomfraction}{0.8}
\renewcommand{\textfraction}{0.05}
\renewcommand{\floatpagefraction}{0.75}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.6\baselineskip}
\emergencystretch=3em
%% A table that is wider than the text is made smaller.
\newsavebox{\reportbox}
\newcommand{\reporttable}[1]{\sbox{\reportbox}{#1}%
  \ifdim\wd\reportbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\reportbox}}\else\usebox{\reportbox}\fi}
\newcommand{\reportimage}[2]{{\setlength{\fboxsep}{0pt}\setlength{\fboxrule}{0.1pt}\fbox{\includegraphics[width=#1]{#2}}}}
\title{%4}
\author{%6}
\date{%7}
\begin{document}
\maketitle
)")
        .replace(QLatin1String("%%"), QLatin1String("%"))
        .arg(latexText(QCoreApplication::applicationVersion()), latexMm(kLatexTextMm), latexMm(kLatexPageMm),
             title, QString::number(floats + 10), author, latexText(reportDate(content)));
}

QString latexAppendix(const ReportContent& content)
{
    if (content.runs.isEmpty() && content.notices.isEmpty())
        return {};
    QHash<QString, QString> anchors;
    for (const ContentItem& item : content.items) {
        if (!item.label.isEmpty())
            anchors[item.label] = item.anchor;
    }
    QString text =
        QStringLiteral("\\section{%1}\n%2\n\n").arg(latexText(appendixTitle()), latexText(appendixText()));
    for (const QString& notice : content.notices)
        text += latexProblem(notice);
    for (const RunTrace& run : content.runs)
        text += traceLatex(run, anchors);
    return text;
}

QStringList writeLatexReport(const ReportContent& content, const QString& folder,
                             const ReportProgress& progress)
{
    if (!qobject_cast<QApplication*>(QCoreApplication::instance()))
        throw Error("figures can be drawn only by the window program", folder.toStdString(),
                    "Export the report with assay export");
    LatexFolder files(folder);
    const ExportOptions figures = printOptions(content);
    const int total = int(content.items.size()) + 1;
    QString text = latexPreamble(content);
    for (int i = 0; i < int(content.items.size()); ++i) {
        progress(i, total, content.items[i].label);
        text += itemLatex(content.items[i], figures, files);
    }
    progress(total - 1, total, appendixTitle());
    if (const QString appendix = latexAppendix(content); !appendix.isEmpty()) {
        files.write(QStringLiteral("appendix.tex"), appendix.toUtf8());
        text += QStringLiteral("\\clearpage\n\\input{appendix.tex}\n");
    }
    text += QStringLiteral("\\end{document}\n");
    files.write(QStringLiteral("main.tex"), text.toUtf8());
    return files.commit();
}

} // namespace assay::widgets

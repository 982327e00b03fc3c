#include "widgets/report/report_markdown.h"

#include <QHash>
#include <QLatin1String>

namespace assay::widgets {

namespace {

/// Characters that fonts in T1 encoding have, and the Unicode fonts of Latin Modern too.
bool isLatexLetter(char32_t c)
{
    if (c >= 0xC0 && c <= 0x17E)
        return c != 0xD7 && c != 0xF7 && c != 0x138 && c != 0x13F && c != 0x140 && c != 0x149 && c != 0x166 &&
               c != 0x167;
    return (c >= 0x218 && c <= 0x21B) || c == 0x1E9E;
}

/// What is written for a character of ASCII that means something to LaTeX; null for the others.
const char* asciiAsLatex(char32_t c)
{
    switch (c) {
    case '\\':
        return "\\textbackslash{}";
    case '{':
        return "\\{";
    case '}':
        return "\\}";
    case '#':
        return "\\#";
    case '$':
        return "\\$";
    case '%':
        return "\\%";
    case '&':
        return "\\&";
    case '_':
        return "\\_";
    case '~':
        return "\\textasciitilde{}";
    case '^':
        return "\\textasciicircum{}";
    case '<':
        return "\\textless{}";
    case '>':
        return "\\textgreater{}";
    case '|':
        return "\\textbar{}";
    case '"':
        return "\\textquotedbl{}";
    case '\'':
        return "\\textquotesingle{}";
    case '`':
        return "\\textasciigrave{}";
    case '[': // would be an option after \\ or \item
        return "{[}";
    case ']':
        return "{]}";
    case '*': // after \\, too
        return "{*}";
    default:
        return nullptr;
    }
}

QHash<char32_t, QString> mathNames()
{
    QHash<char32_t, QString> names;
    const auto add = [&](std::initializer_list<std::pair<char32_t, const char*>> list) {
        for (const auto& [c, name] : list)
            names[c] = QLatin1String(name);
    };
    add({{U'α', "\\alpha"},      {U'β', "\\beta"},      {U'γ', "\\gamma"},     {U'δ', "\\delta"},
         {U'ε', "\\varepsilon"}, {U'ζ', "\\zeta"},      {U'η', "\\eta"},       {U'θ', "\\theta"},
         {U'ι', "\\iota"},       {U'κ', "\\kappa"},     {U'λ', "\\lambda"},    {U'μ', "\\mu"},
         {U'ν', "\\nu"},         {U'ξ', "\\xi"},        {U'ο', "o"},           {U'π', "\\pi"},
         {U'ρ', "\\rho"},        {U'σ', "\\sigma"},     {U'ς', "\\varsigma"},  {U'τ', "\\tau"},
         {U'υ', "\\upsilon"},    {U'φ', "\\varphi"},    {U'χ', "\\chi"},       {U'ψ', "\\psi"},
         {U'ω', "\\omega"},      {U'ϕ', "\\phi"},       {U'ϵ', "\\epsilon"},   {U'ϑ', "\\vartheta"},
         {U'µ', "\\mu"},         {U'Α', "\\mathrm{A}"}, {U'Β', "\\mathrm{B}"}, {U'Γ', "\\Gamma"},
         {U'Δ', "\\Delta"},      {U'Ε', "\\mathrm{E}"}, {U'Ζ', "\\mathrm{Z}"}, {U'Η', "\\mathrm{H}"},
         {U'Θ', "\\Theta"},      {U'Ι', "\\mathrm{I}"}, {U'Κ', "\\mathrm{K}"}, {U'Λ', "\\Lambda"},
         {U'Μ', "\\mathrm{M}"},  {U'Ν', "\\mathrm{N}"}, {U'Ξ', "\\Xi"},        {U'Ο', "\\mathrm{O}"},
         {U'Π', "\\Pi"},         {U'Ρ', "\\mathrm{P}"}, {U'Σ', "\\Sigma"},     {U'Τ', "\\mathrm{T}"},
         {U'Υ', "\\Upsilon"},    {U'Φ', "\\Phi"},       {U'Χ', "\\mathrm{X}"}, {U'Ψ', "\\Psi"},
         {U'Ω', "\\Omega"}});
    add({{U'\u2212', "-"},
         {U'×', "\\times"},
         {U'÷', "\\div"},
         {U'±', "\\pm"},
         {U'∓', "\\mp"},
         {U'·', "\\cdot"},
         {U'≤', "\\leq"},
         {U'≥', "\\geq"},
         {U'≠', "\\neq"},
         {U'≈', "\\approx"},
         {U'≡', "\\equiv"},
         {U'∼', "\\sim"},
         {U'≃', "\\simeq"},
         {U'∝', "\\propto"},
         {U'≪', "\\ll"},
         {U'≫', "\\gg"},
         {U'∞', "\\infty"},
         {U'∂', "\\partial"},
         {U'∇', "\\nabla"},
         {U'∑', "\\sum"},
         {U'∏', "\\prod"},
         {U'∫', "\\int"},
         {U'√', "\\surd"},
         {U'∈', "\\in"},
         {U'∉', "\\notin"},
         {U'⊂', "\\subset"},
         {U'⊆', "\\subseteq"},
         {U'∪', "\\cup"},
         {U'∩', "\\cap"},
         {U'∅', "\\emptyset"},
         {U'∀', "\\forall"},
         {U'∃', "\\exists"},
         {U'∧', "\\wedge"},
         {U'∨', "\\vee"},
         {U'¬', "\\neg"},
         {U'⊕', "\\oplus"},
         {U'⊗', "\\otimes"},
         {U'⊙', "\\odot"},
         {U'⊥', "\\perp"},
         {U'∥', "\\|"},
         {U'‖', "\\|"},
         {U'⟨', "\\langle"},
         {U'⟩', "\\rangle"},
         {U'∘', "\\circ"},
         {U'∗', "\\ast"},
         {U'⋅', "\\cdot"},
         {U'⋯', "\\cdots"},
         {U'→', "\\to"},
         {U'←', "\\leftarrow"},
         {U'↑', "\\uparrow"},
         {U'↓', "\\downarrow"},
         {U'↔', "\\leftrightarrow"},
         {U'⇒', "\\Rightarrow"},
         {U'⇐', "\\Leftarrow"},
         {U'⇔', "\\Leftrightarrow"},
         {U'↦', "\\mapsto"},
         {U'ℓ', "\\ell"},
         {U'′', "'"},
         {U'″', "''"},
         {U'★', "\\star"},
         {U'⌊', "\\lfloor"},
         {U'⌋', "\\rfloor"},
         {U'⌈', "\\lceil"},
         {U'⌉', "\\rceil"},
         {U'ℝ', "\\mathbb{R}"},
         {U'ℕ', "\\mathbb{N}"},
         {U'ℤ', "\\mathbb{Z}"},
         {U'𝔼', "\\mathbb{E}"},
         {U'✓', "\\checkmark"},
         {U'✔', "\\checkmark"}});
    return names;
}

QHash<char32_t, QString> textNames()
{
    QHash<char32_t, QString> names;
    const auto add = [&](char32_t c, const char* text) { names[c] = QLatin1String(text); };
    add(U'\u00A0', "~");
    add(U'\u2009', "\\,");
    add(U'\u202F', "\\,");
    add(U'\u2010', "-{}");
    add(U'\u2011', "-{}");
    add(U'–', "\\textendash{}");
    add(U'—', "\\textemdash{}");
    add(U'“', "\\textquotedblleft{}");
    add(U'”', "\\textquotedblright{}");
    add(U'„', "\\quotedblbase{}");
    add(U'‘', "\\textquoteleft{}");
    add(U'’', "\\textquoteright{}");
    add(U'‚', "\\quotesinglbase{}");
    add(U'«', "\\guillemotleft{}");
    add(U'»', "\\guillemotright{}");
    add(U'…', "\\dots{}");
    add(U'•', "\\textbullet{}");
    add(U'§', "\\S{}");
    add(U'©', "\\textcopyright{}");
    add(U'®', "\\textregistered{}");
    add(U'™', "\\texttrademark{}");
    add(U'°', "\\textdegree{}");
    add(U'£', "\\textsterling{}");
    add(U'€', "\\texteuro{}");
    add(U'‰', "\\textperthousand{}");
    add(U'¡', "\\textexclamdown{}");
    add(U'¿', "\\textquestiondown{}");
    add(U'½', "\\textonehalf{}");
    add(U'¼', "\\textonequarter{}");
    add(U'¾', "\\textthreequarters{}");
    const char32_t raised[] = U"⁰¹²³⁴⁵⁶⁷⁸⁹";
    for (int digit = 0; digit < 10; ++digit) {
        names[raised[digit]] = QStringLiteral("\\textsuperscript{%1}").arg(digit);
        names[char32_t(0x2080 + digit)] = QStringLiteral("\\textsubscript{%1}").arg(digit);
    }
    add(U'⁺', "\\textsuperscript{+}");
    add(U'⁻', "\\textsuperscript{-}");
    add(U'ⁿ', "\\textsuperscript{n}");
    // Seen by nobody: they would only stand in brackets.
    for (const char32_t c :
         {0xADU, 0x200BU, 0x200CU, 0x200DU, 0x200EU, 0x200FU, 0x2060U, 0xFE0EU, 0xFE0FU, 0xFEFFU})
        names[c] = QString();
    return names;
}

QString characterAsLatex(char32_t c)
{
    static const QHash<char32_t, QString> math = mathNames(), text = textNames();
    if (const auto found = text.constFind(c); found != text.constEnd())
        return *found;
    if (const auto found = math.constFind(c); found != math.constEnd())
        return QStringLiteral("\\ensuremath{%1}").arg(*found);
    if (isLatexLetter(c))
        return QString::fromUcs4(&c, 1);
    return QStringLiteral("{[}U+%1{]}")
        .arg(QString::number(c, 16).toUpper().rightJustified(4, QLatin1Char('0')));
}

/// Pairs that LaTeX's fonts draw as one other character.
bool isLigature(char32_t before, char32_t c)
{
    return (c == U'-' && before == U'-') || (c == U',' && before == U',');
}

} // namespace

QString latexText(const QString& text)
{
    QString result;
    char32_t before = 0;
    // Letters with their accents as one character each.
    const auto characters = text.normalized(QString::NormalizationForm_C).toUcs4();
    for (const char32_t c : characters) {
        if (isLigature(before, c))
            result += QLatin1String("{}");
        before = c;
        if (c < 0x20 || c == 0x7F)
            result += QLatin1Char(' ');
        else if (c >= 0x80)
            result += characterAsLatex(c);
        else if (const char* ascii = asciiAsLatex(c))
            result += QLatin1String(ascii);
        else
            result += QChar(char16_t(c));
    }
    return result;
}

} // namespace assay::widgets

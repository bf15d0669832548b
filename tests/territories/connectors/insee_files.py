"""Files as Insee writes them, cut to a few lines; Filosofi and the comparator have their real figures."""

import io
import zipfile

FILOSOFI_HEADER = (
    "CODGEO;NBMENFISC21;NBPERSMENFISC21;MED21;PIMP21;TP6021;TP60AGE121;TP60AGE221;TP60AGE321;TP60AGE421;"
    "TP60AGE521;TP60AGE621;TP60TOL121;TP60TOL221;PACT21;PTSA21;PCHO21;PBEN21;PPEN21;PPAT21;PPSOC21;PPFAM21;"
    "PPMINI21;PPLOGT21;PIMPOT21;D121;D921;RD21"
)
SAINT_DENIS = (
    "97411;61067;148520;18270;37,0;33,0;50,0;40,0;34,0;31,0;25,0;29,0;13,0;42,0;76,6;65,9;4,0;6,7;17,0;7,6;"
    "14,1;3,6;7,3;3,2;-15,3;9060;42220;4,7"
)
BORDEAUX = (
    "33063;120075;226872;24870;57,0;17,0;29,0;15,0;16,0;16,0;13,0;11,0;5,0;26,0;83,7;70,6;3,7;9,4;20,5;11,8;"
    "5,1;1,1;2,6;1,4;-21,1;11220;50540;4,5"
)
HIDDEN = "01001;346;895;25820" + ";s" * 24
PARIS_1 = (
    "75101;8414;14945;35030;71,0;12,0;20,0;11,0;13,0;12,0;11,0;s;7,0;15,0;81,8;69,5;2,6;9,7;13,5;34,7;1,4;0,3;"
    "0,7;0,4;-31,4;12610;94430;7,5"
)
FILOSOFI = "\n".join([FILOSOFI_HEADER, HIDDEN, BORDEAUX, PARIS_1, SAINT_DENIS]) + "\n"

IRIS_HEADER = (
    "IRIS;DEC_PIMP21;DEC_TP6021;DEC_INCERT21;DEC_Q121;DEC_MED21;DEC_Q321;DEC_EQ21;DEC_D121;DEC_D221;DEC_D321;"
    "DEC_D421;DEC_D621;DEC_D721;DEC_D821;DEC_D921;DEC_RD21;DEC_S80S2021;DEC_GI21;DEC_PACT21;DEC_PTSA21;"
    "DEC_PCHO21;DEC_PBEN21;DEC_PPEN21;DEC_PAUT21;DEC_NOTE21"
)
IRIS_POOR = (
    "974110101;39,0;39,0;2;5810;18510;29280;1,27;0;2140;8270;13870;22500;26500;31910;41170;so;38,2;0,460;80,0;"
    "70,0;4,0;6,0;15,0;5,0;0"
)
IRIS_NS = "012830302;ns;ns;so;" + ";".join(["ns"] * 11) + ";so;so;ns;ns;ns;ns;ns;ns;ns;so;so"
IRIS_ND = "012830306;nd;nd;so;" + ";".join(["nd"] * 11) + ";so;so;nd;nd;nd;nd;nd;nd;nd;so;so"
FILOSOFI_IRIS = "\n".join([IRIS_HEADER, IRIS_POOR, IRIS_NS, IRIS_ND]) + "\n"

POPULATION = (
    "IRIS;COM;TYP_IRIS;LAB_IRIS;P22_POP;P22_POP0002;P22_POP0305;P22_POP0610;P22_POP1117;P22_POP1824;P22_POP0019;"
    "P22_POP2064;P22_POP65P\n"
    "974110101;97411;H;1;2341.5;90.25;80.5;130;201.75;250;560.5;1400;381\n"
    "974110102;97411;H;1;1800;70;60;100;150;180;420;1100;280\n"
    "010010000;01001;Z;;770;20;21;40;70;40;170;430;170\n"
)
FAMILIES = (
    "IRIS;COM;TYP_IRIS;LAB_IRIS;C22_MEN;C22_MENPSEUL;C22_FAM;C22_FAMMONO;C22_COUPAENF\n"
    "974110101;97411;H;1;1000.5;350;620.25;210.5;250\n"
    "010010000;01001;Z;;310;80;220;25;90\n"
)
HOUSING = (
    "IRIS;COM;TYP_IRIS;LAB_IRIS;P22_LOG;P22_RP;P22_RSECOCC;P22_LOGVAC;P22_MAISON;P22_APPART;P22_RP_PROP\n"
    "974110101;97411;H;1;1250.5;1000.5;50;200;300;950.5;380\n"
    "010010000;01001;Z;;360;310;20;30;340;20;250\n"
)
COMPARATOR = (
    "CODGEO;P22_POP;P16_POP;SUPERF;NAIS1621;DECE1621;P22_MEN;NAISD24;DECESD24;P22_LOG;P22_RP;P22_RSECOCC;"
    "P22_LOGVAC;P22_RP_PROP;NBMENFISC21;PIMP21;MED21;TP6021;P22_EMPLT;P22_POP1564;P22_CHOM1564;P22_ACT1564\n"
    "97422;81964;77283;165.43;7164;2751;33910.6291676534;995;551;37222.29;33910.63;900;2411.66;19000;28000;28,0;"
    "16560;38,0;22000;52000.5;12000.25;36000.75\n"
    "97601;;;;;;;;;;;;;;;;;;;;;\n"
)
BIRTHS = "CODGEO;LIBGEO;NAISD23;NAISD24\n97411;Saint-Denis;2301;2205\n01001;L'Abergement-Clémenciat;5;7\n"
DEATHS = "CODGEO;LIBGEO;DECESD23;DECESD24\n97411;Saint-Denis;901;915\n01001;L'Abergement-Clémenciat;6;4\n"
BPE = (
    "AN;NOMRS;DEPCOM;DEP;REG;DCIRIS;TYPEQU;LAMBERT_X;LAMBERT_Y;QUALITE_XY\n"
    "2024;CABINET;97411;974;04;974110101;D265;338000;7690000;Bonne\n"
    "2024;CABINET;97411;974;04;974110102;D265;338000;7690000;Bonne\n"
    "2024;CRECHE;97424;974;04;97424_0000;D502;338000;7690000;Bonne\n"
)
BPE_BEFORE = (
    "REG;DEP;DEPCOM;DCIRIS;AN;TYPEQU;NB_EQUIP\n"
    "04;974;97411;974110101;2019;D201;12\n"
    "04;974;97411;974110102;2019;D307;4\n"
)

# dataset -> (name in its archive, content)
REAL_SHAPES = {
    "insee_filosofi_communes": ("cc_filosofi_2021_COM.csv", FILOSOFI),
    "insee_filosofi_iris_declared": ("BASE_TD_FILO_IRIS_2021_DEC.csv", FILOSOFI_IRIS),
    "insee_rp_iris_population": ("base-ic-evol-struct-pop-2022.CSV", POPULATION),
    "insee_rp_iris_families": ("base-ic-couples-familles-menages-2022.CSV", FAMILIES),
    "insee_rp_iris_housing": ("base-ic-logement-2022.CSV", HOUSING),
    "insee_comparator_communes": ("base_cc_comparateur.csv", COMPARATOR),
    "insee_births": ("base_naissances_2024.csv", BIRTHS),
    "insee_deaths": ("base_deces_2024.csv", DEATHS),
    "insee_bpe_communes": ("BPE24.csv", BPE),
}


def zipped(name: str, text: str) -> bytes:
    """An archive as Insee makes them: the table, the meaning of its columns, other levels."""
    beside = io.BytesIO()
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text.encode())
        archive.writestr(f"meta_{name}", "COD_VAR;LIB_VAR\nMED21;Médiane\n")
        if name.endswith("_COM.csv"):
            archive.writestr(name.replace("_COM", "_DEP"), text.replace("97411", "974").encode())
    return beside.getvalue()

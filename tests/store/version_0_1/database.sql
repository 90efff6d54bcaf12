BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'clientbench','0001_results','2026-11-29 11:02:02.905497+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'clientbench','0002_open_loop','2026-11-29 11:02:02.908248+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'clientbench','0003_traces','2026-11-29 11:02:02.908635+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'clientbench','0004_targets','2026-11-29 11:02:02.910403+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'clientbench','0005_verdicts','2026-11-29 11:02:02.911540+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'clientbench','0006_endings','2026-11-29 11:02:02.911674+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'clientbench','0007_library_summary','2026-11-29 11:02:02.911930+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'clientbench','0008_ceilings','2026-11-29 11:02:02.912721+00:00');
INSERT INTO "_sqlite_migrations" VALUES(9,'clientbench','0009_selftests','2026-11-29 11:02:02.913230+00:00');
INSERT INTO "_sqlite_migrations" VALUES(10,'clientbench','0010_held_plans','2026-11-29 11:02:02.913356+00:00');
INSERT INTO "_sqlite_migrations" VALUES(11,'clientbench','0011_ranking_verdicts','2026-11-29 11:02:02.913514+00:00');
CREATE TABLE benchmark_results (id TEXT PRIMARY KEY, name TEXT, client_library TEXT, client_type TEXT, http_method TEXT, url TEXT, start_time TEXT, end_time TEXT, duration REAL, requests_count INTEGER, requests_per_second REAL, avg_response_time REAL, p95_response_time REAL, p99_response_time REAL, cpu_usage_avg REAL, memory_usage_avg REAL, error_count INTEGER, error_rate REAL, concurrency_level INTEGER, config_snapshot TEXT, created_at TEXT, run_id TEXT REFERENCES runs(id) ON DELETE CASCADE, label TEXT, round INTEGER, state TEXT, reason TEXT, client_version TEXT, versions TEXT, python_version TEXT, event_loop TEXT, profile TEXT, unequal TEXT, processes INTEGER, body_bytes INTEGER, p50_response_time REAL, completions_per_second REAL, cpu_per_request_ns REAL, window_ns INTEGER, correct INTEGER, population INTEGER, censored INTEGER, timeout_ns INTEGER, mean_service_ns REAL, cpu_ns INTEGER, cpu_wall_ns INTEGER, cpu_requests INTEGER, idle_cpu_ns INTEGER, idle_rss_bytes INTEGER, peak_rss_bytes INTEGER, mean_rss_bytes INTEGER, orchestrator_cpu_ns INTEGER, target_cpu_share REAL, sent INTEGER, lost_rows INTEGER, planned INTEGER, dropped INTEGER, missed INTEGER, late INTEGER, mean_response_ns REAL, p50_response_ns INTEGER, p95_response_ns INTEGER, p99_response_ns INTEGER, p50_queue_wait_ns INTEGER, p99_queue_wait_ns INTEGER, p50_pacer_lag_ns INTEGER, p99_pacer_lag_ns INTEGER, max_pacer_lag_ns INTEGER, trace_share REAL NOT NULL DEFAULT 0, target TEXT, runtime TEXT, instances INTEGER, tls INTEGER, upstream TEXT, proxy_cpu_ns INTEGER, origin_cpu_ns INTEGER);
INSERT INTO "benchmark_results" VALUES('56bf9a1c-8f1e-4d76-8af1-33fb43296d6f','compare requests, aiohttp','requests','sync','GET','http://127.0.0.1:46551/','2026-11-29T11:02:02.918+00:00','2026-11-29T11:02:03.566+00:00',0.15,439,2.9266666666666665152e+03,3.39493594533029621404e-03,0.007372799,0.010485759,9.99940299299379375952e+01,29.88032,0,0.0,10,'{"axis":"client","baseline":"requests","body_bytes":null,"competitors":[{"body_bytes":0,"busy_share":null,"client":{"loop":null,"mode":"sync","name":"requests","python":null,"version":null},"concurrency":10,"label":"requests","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}},{"body_bytes":0,"busy_share":null,"client":{"loop":"asyncio","mode":"async","name":"aiohttp","python":null,"version":null},"concurrency":10,"label":"aiohttp","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}}],"duration_s":0.3,"error_budget":null,"expect":"200-399","headers":{"Accept-Encoding":"identity"},"held":null,"open_load":null,"path":"/","pin":true,"precision":null,"preset":null,"processes":1,"profile":"parity","requests":null,"rounds":2,"seed":1,"slice_s":0.15,"steps":[],"stream":false,"think_time_s":0.0,"timeout_s":10.0,"trace_share":0.0,"url":null,"verify":true,"warmup_s":0.0}','2026-11-29T11:02:03.567+00:00','1d600022-6cc9-4066-a4a8-b133980edbf8','requests',1,'complete',NULL,'2.34.2','{"certifi":"2026.10.19.post1","charset-normalizer":"3.5.3","idna":"3.20","requests":"2.34.2","urllib3":"2.8.0"}','3.11.7',NULL,'parity','[]',1,0,0.003180543,2.9266666666666665152e+03,3.42233537585421407128e+05,150000000,439,439,0,10000000000,3.39493594533029617739e+06,150240523,150249493,439,0,29728768,29880320,29880320,3711163,5.66825956720073825811e-02,474,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.0,'embedded','native',1,0,'',NULL,8588418);
INSERT INTO "benchmark_results" VALUES('9c8d4344-e43c-4d90-b1e1-40adfec328bb','compare requests, aiohttp','aiohttp','async','GET','http://127.0.0.1:46551/','2026-11-29T11:02:02.918+00:00','2026-11-29T11:02:03.566+00:00',0.15,1567,1.04466666666666660608e+04,9.56175181876196475516e-04,0.001038335,0.001078271,9.99602306337954189547e+01,36.868096,0,0.0,10,'{"axis":"client","baseline":"requests","body_bytes":null,"competitors":[{"body_bytes":0,"busy_share":null,"client":{"loop":null,"mode":"sync","name":"requests","python":null,"version":null},"concurrency":10,"label":"requests","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}},{"body_bytes":0,"busy_share":null,"client":{"loop":"asyncio","mode":"async","name":"aiohttp","python":null,"version":null},"concurrency":10,"label":"aiohttp","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}}],"duration_s":0.3,"error_budget":null,"expect":"200-399","headers":{"Accept-Encoding":"identity"},"held":null,"open_load":null,"path":"/","pin":true,"precision":null,"preset":null,"processes":1,"profile":"parity","requests":null,"rounds":2,"seed":1,"slice_s":0.15,"steps":[],"stream":false,"think_time_s":0.0,"timeout_s":10.0,"trace_share":0.0,"url":null,"verify":true,"warmup_s":0.0}','2026-11-29T11:02:03.567+00:00','1d600022-6cc9-4066-a4a8-b133980edbf8','aiohttp',1,'complete',NULL,'3.14.5','{"aiohappyeyeballs":"2.7.1","aiohttp":"3.14.5","aiosignal":"1.4.0","attrs":"26.1.0","frozenlist":"1.8.0","idna":"3.20","multidict":"7.2.1","propcache":"0.5.4","typing-extensions":"4.16.0","yarl":"1.25.1"}','3.11.7','asyncio','parity','["aiohttp resends an idempotent request once when a kept connection turns out to be closed"]',1,0,0.000958463,1.04466666666666660608e+04,9.57022061263560899508e+04,150000000,1567,1567,0,10000000000,9.56175181876196525997e+05,149965357,150025021,1567,0,36835328,36868096,36868096,3920225,1.56548919829294225225e-01,1628,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.0,'embedded','native',1,0,'',NULL,23582201);
INSERT INTO "benchmark_results" VALUES('45bcc071-89fa-4875-b6cc-8fcc900126c7','compare requests, aiohttp','requests','sync','GET','http://127.0.0.1:46551/','2026-11-29T11:02:03.950+00:00','2026-11-29T11:02:04.587+00:00',0.15,434,2.89333333333333348504e+03,3.40541274942528747471e-03,0.007426047,0.010346495,9.99857482391398804093e+01,29.88032,0,0.0,10,'{"axis":"client","baseline":"requests","body_bytes":null,"competitors":[{"body_bytes":0,"busy_share":null,"client":{"loop":null,"mode":"sync","name":"requests","python":null,"version":null},"concurrency":10,"label":"requests","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}},{"body_bytes":0,"busy_share":null,"client":{"loop":"asyncio","mode":"async","name":"aiohttp","python":null,"version":null},"concurrency":10,"label":"aiohttp","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}}],"duration_s":0.3,"error_budget":null,"expect":"200-399","headers":{"Accept-Encoding":"identity"},"held":null,"open_load":null,"path":"/","pin":true,"precision":null,"preset":null,"processes":1,"profile":"parity","requests":null,"rounds":2,"seed":1,"slice_s":0.15,"steps":[],"stream":false,"think_time_s":0.0,"timeout_s":10.0,"trace_share":0.0,"url":null,"verify":true,"warmup_s":0.0}','2026-11-29T11:02:04.587+00:00','1d600022-6cc9-4066-a4a8-b133980edbf8','requests',2,'complete',NULL,'2.34.2','{"certifi":"2026.10.19.post1","charset-normalizer":"3.5.3","idna":"3.20","requests":"2.34.2","urllib3":"2.8.0"}','3.11.7',NULL,'parity','[]',1,0,0.003151871,2.89333333333333348504e+03,3.45126036866359470873e+05,150000000,434,435,0,10000000000,3.40541274942528735848e+06,149784700,149806050,434,0,29704192,29880320,29880320,3668818,5.78651676881847196187e-02,470,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.0,'embedded','native',1,0,'',NULL,8746436);
INSERT INTO "benchmark_results" VALUES('6fed2fdc-4ee4-4565-9431-507dafa02f57','compare requests, aiohttp','aiohttp','async','GET','http://127.0.0.1:46551/','2026-11-29T11:02:03.950+00:00','2026-11-29T11:02:04.587+00:00',0.15,1539,10260.0,9.72547129304743383088e-04,0.001050623,0.001343487,9.85606635041570342502e+01,36.929536,0,0.0,10,'{"axis":"client","baseline":"requests","body_bytes":null,"competitors":[{"body_bytes":0,"busy_share":null,"client":{"loop":null,"mode":"sync","name":"requests","python":null,"version":null},"concurrency":10,"label":"requests","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}},{"body_bytes":0,"busy_share":null,"client":{"loop":"asyncio","mode":"async","name":"aiohttp","python":null,"version":null},"concurrency":10,"label":"aiohttp","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}}],"duration_s":0.3,"error_budget":null,"expect":"200-399","headers":{"Accept-Encoding":"identity"},"held":null,"open_load":null,"path":"/","pin":true,"precision":null,"preset":null,"processes":1,"profile":"parity","requests":null,"rounds":2,"seed":1,"slice_s":0.15,"steps":[],"stream":false,"think_time_s":0.0,"timeout_s":10.0,"trace_share":0.0,"url":null,"verify":true,"warmup_s":0.0}','2026-11-29T11:02:04.587+00:00','1d600022-6cc9-4066-a4a8-b133980edbf8','aiohttp',2,'complete',NULL,'3.14.5','{"aiohappyeyeballs":"2.7.1","aiohttp":"3.14.5","aiosignal":"1.4.0","attrs":"26.1.0","frozenlist":"1.8.0","idna":"3.20","multidict":"7.2.1","propcache":"0.5.4","typing-extensions":"4.16.0","yarl":"1.25.1"}','3.11.7','asyncio','parity','["aiohttp resends an idempotent request once when a kept connection turns out to be closed"]',1,0,0.000958463,10260.0,9.60324243014944804557e+04,150000000,1539,1539,0,10000000000,9.72547129304743371899e+05,147793901,149952218,1539,0,36888576,36929536,36929536,4085479,1.51681290226058501646e-01,1600,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.0,'embedded','native',1,0,'',NULL,22846075);
INSERT INTO "benchmark_results" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f','compare stdlib, httpx:async','stdlib','sync','GET','http://127.0.0.1:38491/','2026-11-29T11:02:06.276+00:00','2026-11-29T11:02:07.329+00:00',0.4,40,100.0,0.00027530215,0.000346111,0.001076223,2.35703584782530217722e+00,21.973674,0,0.0,10,'{"axis":"client","baseline":"stdlib","body_bytes":null,"competitors":[{"body_bytes":0,"busy_share":null,"client":{"loop":null,"mode":"sync","name":"stdlib","python":null,"version":null},"concurrency":10,"label":"stdlib","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}},{"body_bytes":0,"busy_share":null,"client":{"loop":"asyncio","mode":"async","name":"httpx","python":null,"version":null},"concurrency":10,"label":"httpx:async","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}}],"duration_s":0.4,"error_budget":null,"expect":"200-399","headers":{"Accept-Encoding":"identity"},"held":null,"open_load":{"arrivals":"uniform","rate":100.0,"stages":[],"start":"fixed-workers"},"path":"/","pin":true,"precision":null,"preset":null,"processes":1,"profile":"parity","requests":null,"rounds":1,"seed":1,"slice_s":0.2,"steps":[],"stream":false,"think_time_s":0.0,"timeout_s":10.0,"trace_share":0.1,"url":null,"verify":true,"warmup_s":0.0}','2026-11-29T11:02:07.330+00:00','ae99cb00-eec7-4aef-95e3-b7570d453da3','stdlib',1,'complete',NULL,'3.11.7','{"python":"3.11.7"}','3.11.7',NULL,'parity','["http.client notices that the server closed a kept connection only by failing: that request counts as reset"]',1,0,0.000228991,100.0,235840.0,400000000,40,40,0,10000000000,275302.15,9433600,400231503,40,0,21311488,21983232,21973674,9943083,8.51804961097579402262e-03,52,0,40,0,0,0,346203.35,298751,468735,1179647,0,0,64127,142975,142975,0.1,'embedded','native',1,0,'',NULL,3416295);
INSERT INTO "benchmark_results" VALUES('1abb99d3-b821-403e-991c-bc422e850941','compare stdlib, httpx:async','httpx','async','GET','http://127.0.0.1:38491/','2026-11-29T11:02:06.276+00:00','2026-11-29T11:02:07.329+00:00',0.4,40,100.0,1.06152535000000013132e-03,0.001222655,0.001362943,1.12799164226814703222e+01,32.097621,0,0.0,10,'{"axis":"client","baseline":"stdlib","body_bytes":null,"competitors":[{"body_bytes":0,"busy_share":null,"client":{"loop":null,"mode":"sync","name":"stdlib","python":null,"version":null},"concurrency":10,"label":"stdlib","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}},{"body_bytes":0,"busy_share":null,"client":{"loop":"asyncio","mode":"async","name":"httpx","python":null,"version":null},"concurrency":10,"label":"httpx:async","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}}],"duration_s":0.4,"error_budget":null,"expect":"200-399","headers":{"Accept-Encoding":"identity"},"held":null,"open_load":{"arrivals":"uniform","rate":100.0,"stages":[],"start":"fixed-workers"},"path":"/","pin":true,"precision":null,"preset":null,"processes":1,"profile":"parity","requests":null,"rounds":1,"seed":1,"slice_s":0.2,"steps":[],"stream":false,"think_time_s":0.0,"timeout_s":10.0,"trace_share":0.1,"url":null,"verify":true,"warmup_s":0.0}','2026-11-29T11:02:07.330+00:00','ae99cb00-eec7-4aef-95e3-b7570d453da3','httpx:async',1,'complete',NULL,'0.28.1','{"anyio":"4.16.0","certifi":"2026.10.19.post1","h11":"0.16.0","httpcore":"1.0.9","httpx":"0.28.1","idna":"3.20","typing-extensions":"4.16.0"}','3.11.7','asyncio','parity','[]',1,0,0.001027071,100.0,1128335.55,400000000,40,40,0,10000000000,1061525.35,45133422,400121954,40,0,31629312,32116736,32097621,10225927,6.14451947261193762855e-03,52,0,40,0,0,0,1154533.025,1119231,1317887,1474559,0,0,90687,132991,132991,0.1,'embedded','native',1,0,'',NULL,2464263);
INSERT INTO "benchmark_results" VALUES('644328cd-c4d6-46b8-b2ae-09a2db29063d','load stdlib','stdlib','sync','GET','http://127.0.0.1:40653/wait?bimodal=2ms,400ms,0.1','2026-11-29T11:02:07.977+00:00','2026-11-29T11:02:08.182+00:00',0.114465697,60,4.89229537474445294251e+02,2.33471455357142860034e-03,NULL,NULL,4.23653147737456947652e+00,21.38112,4,6.66666666666666696272e+00,10,'{"axis":"client","baseline":"stdlib","body_bytes":null,"competitors":[{"body_bytes":0,"busy_share":null,"client":{"loop":null,"mode":"sync","name":"stdlib","python":null,"version":null},"concurrency":10,"label":"stdlib","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}}],"duration_s":null,"error_budget":null,"expect":"200-399","headers":{"Accept-Encoding":"identity"},"held":null,"open_load":null,"path":"/wait?bimodal=2ms,400ms,0.1","pin":true,"precision":null,"preset":null,"processes":1,"profile":"parity","requests":60,"rounds":1,"seed":1,"slice_s":0.02,"steps":[],"stream":false,"think_time_s":0.0,"timeout_s":0.1,"trace_share":0.0,"url":null,"verify":true,"warmup_s":0.0}','2026-11-29T11:02:08.183+00:00','af01de71-de52-44fc-a3d0-f7c29af1d69f','stdlib',1,'complete',NULL,'3.11.7','{"python":"3.11.7"}','3.11.7',NULL,'parity','["http.client notices that the server closed a kept connection only by failing: that request counts as reset"]',1,0,0.002275327,5.24174504436905635889e+02,80779.85,114465697,56,60,4,100000000,2.33471455357142863786e+06,4846791,114404697,60,0,21315584,21381120,21381120,3630876,3.94098632507818569248e-02,80,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.0,'embedded','native',1,0,'',NULL,4532604);
CREATE TABLE ceilings (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  label TEXT NOT NULL,
  service_ns REAL,
  cpu_ns REAL,
  target_cpu_ns REAL,
  rate REAL,
  doubled_rate REAL,
  worker_share REAL,
  PRIMARY KEY (run_id, sequence)
);
CREATE TABLE "comparisons" (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  label TEXT NOT NULL,
  baseline TEXT NOT NULL,
  metric TEXT NOT NULL,
  ratio REAL,
  low REAL,
  high REAL,
  rounds INTEGER NOT NULL,
  verdict TEXT,
  reason TEXT,
  family INTEGER,
  PRIMARY KEY (run_id, sequence)
);
INSERT INTO "comparisons" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',0,'aiohttp','requests','throughput',3.5577602887718211555e+00,3.41220294669054924341e+00,3.70952679840988,2,'faster',NULL,1);
INSERT INTO "comparisons" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',1,'aiohttp','requests','cpu_per_request',0.278945767057121,2.70272627908765661342e-01,2.87897230145524429811e-01,2,'faster',NULL,1);
INSERT INTO "comparisons" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',2,'aiohttp','requests','p50',3.02719571060498682246e-01,0.285795102586259,3.20646287755731118629e-01,2,'faster',NULL,1);
INSERT INTO "comparisons" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',3,'aiohttp','requests','p99',1.15553774145019952368e-01,2.62505007253393818356e-02,5.0866361974836749038e-01,2,NULL,'fewer than 20 samples of requests beyond it in a round',1);
INSERT INTO "comparisons" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',4,'aiohttp','requests','peak_memory',1.23488648087019226018e+00,1.22189206698436803044e+00,1.2480190860061264324e+00,2,'slower',NULL,1);
CREATE TABLE doubts (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  message TEXT NOT NULL,
  remedy TEXT NOT NULL,
  PRIMARY KEY (run_id, sequence)
);
INSERT INTO "doubts" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',0,'too few samples','requests','a round of 435 samples has fewer than 20 beyond p99','measure longer (--duration), or in fewer rounds (--rounds)');
INSERT INTO "doubts" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',1,'too few samples','aiohttp','a round of 1539 samples has fewer than 20 beyond p99','measure longer (--duration), or in fewer rounds (--rounds)');
INSERT INTO "doubts" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',2,'unequal settings','aiohttp','aiohttp resends an idempotent request once when a kept connection turns out to be closed','see whether --profile defaults ranks them alike');
INSERT INTO "doubts" VALUES('ae99cb00-eec7-4aef-95e3-b7570d453da3',0,'too few samples','stdlib','a round of 40 samples has fewer than 20 beyond p95, p99','measure longer (--duration), or in fewer rounds (--rounds)');
INSERT INTO "doubts" VALUES('ae99cb00-eec7-4aef-95e3-b7570d453da3',1,'unequal settings','stdlib','http.client notices that the server closed a kept connection only by failing: that request counts as reset','see whether --profile defaults ranks them alike');
INSERT INTO "doubts" VALUES('ae99cb00-eec7-4aef-95e3-b7570d453da3',2,'too few samples','httpx:async','a round of 40 samples has fewer than 20 beyond p95, p99','measure longer (--duration), or in fewer rounds (--rounds)');
INSERT INTO "doubts" VALUES('af01de71-de52-44fc-a3d0-f7c29af1d69f',0,'errors','stdlib','4 of 60 requests failed (4 timeout_read)','mend the cause before comparing');
INSERT INTO "doubts" VALUES('af01de71-de52-44fc-a3d0-f7c29af1d69f',1,'too few samples','stdlib','a round of 60 samples has fewer than 20 beyond p95, p99','measure longer (--duration), or in fewer rounds (--rounds)');
INSERT INTO "doubts" VALUES('af01de71-de52-44fc-a3d0-f7c29af1d69f',2,'unequal settings','stdlib','http.client notices that the server closed a kept connection only by failing: that request counts as reset','see whether --profile defaults ranks them alike');
CREATE TABLE endings (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  reason TEXT NOT NULL,
  metric TEXT NOT NULL,
  wanted REAL NOT NULL,
  half_width REAL,
  rounds INTEGER NOT NULL,
  PRIMARY KEY (run_id, sequence)
);
CREATE TABLE environments (
  id TEXT PRIMARY KEY,
  environment TEXT NOT NULL,
  first_seen_at TEXT NOT NULL
);
INSERT INTO "environments" VALUES('9a152d0d91b6ba8d4aa81d242bba8a8917e0f519727d9aae3406714aa4f6a115','{"cpu":"Intel(R) Xeon(R) Processor","cpus":2,"host":"vm","implementation":"cpython","kernel":"6.18.44-fc-v669","machine":"x86_64","memory_bytes":25276502016,"open_files":[20000,20000],"orchestrator_python":"3.11.7","python":"3.11.7","system":"Linux","target_cpus":[0],"versions":{"clientbench":"0.1.0","hdrhistogram":"0.10.8","numpy":"2.4.6","psutil":"7.2.2","scipy":"1.17.1","sqlite-utils":"4.2.1"},"worker_cpus":[1]}','2026-11-29T11:02:02.916+00:00');
CREATE TABLE error_counts (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (trial_id, kind)
);
INSERT INTO "error_counts" VALUES('644328cd-c4d6-46b8-b2ae-09a2db29063d','timeout_read',4);
CREATE TABLE held_plans (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  label TEXT NOT NULL,
  planned INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  missed INTEGER NOT NULL,
  p99_pacer_lag_ns INTEGER,
  PRIMARY KEY (run_id, sequence)
);
INSERT INTO "held_plans" VALUES('ae99cb00-eec7-4aef-95e3-b7570d453da3',0,'stdlib',40,0,0,110335);
INSERT INTO "held_plans" VALUES('ae99cb00-eec7-4aef-95e3-b7570d453da3',1,'httpx:async',40,0,0,208255);
CREATE TABLE histograms (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  metric TEXT NOT NULL,
  unit TEXT NOT NULL,
  total INTEGER NOT NULL,
  censored INTEGER NOT NULL,
  encoded TEXT NOT NULL,
  PRIMARY KEY (trial_id, metric)
);
INSERT INTO "histograms" VALUES('56bf9a1c-8f1e-4d76-8af1-33fb43296d6f','service_time','ns',439,0,'HISTFAAAAa54nC2SwUocQRCGt/6qmc1kWJZhWURWEQniQUIiIiI5iAQiIiHkEYIHySmPkEuungRz9QVyzyvkFIIHn8B7XiCQr2rc2aarq6v//++/euPbzWIy0d1k/PnTbITvXv+8m5z8HROPt6aprmeaa6kuTG/V64vW9KvVe21pnWUnj04Ers1K7LPfiEWvXcaOBv0x3ZiMqFHw7zhFyFGSc8oW0OTKdUScua/6bRK0BlwmpiCalsk1FFvWzxkHcap/FnvhkqGRypVOGK7oY0WdweX6Ychz4BulFs85MvbYhYllbk11oAvwk2UWQ2U6eKy+XjPth16UIvYScJWlnqtAAAfhHatJRGQiGuYWEQEWeDGVt6BF20M3XtxGb6RSZMEyxRE/VzxTa6PGaC3aAvYig4TaOvF0f+i5CahDLHHfdUbcqC4cyYAh8RIZuqTOdVhu7nCXbLbHFoZv6pzR6UMZNRMpfD+n6lX1LV1Zx4I3pTF70ZfPvIkFPfMEKgnkrkZzBr5PybqGY6e8pOzzMfN2+ep4fVhvKI9+Nzz+DNKS8o/Zd6gb7ekhKS5IXOre9R/pnyUW');
INSERT INTO "histograms" VALUES('9c8d4344-e43c-4d90-b1e1-40adfec328bb','service_time','ns',1567,0,'HISTFAAAASZ4nC1QO04FMQxce42xrMhEeVG0WqV4enpClNyAjnsh0VPQQIEEt+ASiAJxD3oaJm/JRvl4JrMz7vePu2mip2kb8/9OON5ev79ONz9b4eOZ+G3ml5kfiD+Jv4i/ie+Yf4nP5YJ3yozJQqzkpthSiBtp5UioiedsHqpiImrZLUoqZiWihKkaBiBXSqYi4l7Aw1RhE8YTJscNZxUS/E0YoiAyQ02DU2jyJWpJ4Wlpy9FyLj1a369Xpfe69Hy4LHW/Hvpaa2+t1WPUWloLDy/erLTIKjmSWNQwVxZ2tVndzFlNHTdjhd8RFj5hgxThjGTYkZMjoFiQiUnzyAL7qDvx+ECFLGAIDQRNA2+0bpaBn/GJRuMhlEFBeB8rQRiAjKLMWwP+AOJYGKw=');
INSERT INTO "histograms" VALUES('45bcc071-89fa-4875-b6cc-8fcc900126c7','service_time','ns',435,0,'HISTFAAAAa94nDVRvUoDYRDMzu135yWEI4RDgoYQQggiQYMEsZBUahFEJKWFRWoLyxQWgk+ghZVgG7AT0d4H8Bksg43gA+jsXszl+9ud2Z/Z9Zu7eqmEp1Lxi5an8Hq4/fZYGn0XhodbwUIgeAYCWvgArmO8KjJUEAF1YAdDNPEu6OEnwieQ45RuIXpCSM5bwjP4GjjtSzCjMYAb933U0CVPh9jF3OAzWgNSJ9sJBW+GTdyS09ZGFam2yR3iVzD1DMKKxILVmKhnDCUvY4FkrtG1inPyasvcDd6FsQJEEedmTUnMNMIG/XWcqNVu2KKHBBr4V4IYkp4KYivQ5DBvhZy+hbFyrZNErSDxIJbEbjwi68XSFla+WaeKqha5BmD8rjNDnNER1Hixg0kqryCmKFFcRIDEpLN0jxyV/5WCF20d8dtkT3DZLWy+9KU8sgKcqLVx5YoHzdnKGrtNlXJFlIo69wmtutB7GBHbJ6bFSSRFwlSP0HElxEEVH1TdBphgC2NX21Q54Grg3h41H+fAZiG2DbkmTJN7XX1yp2hqBy+m3DFwplWfzJi4hdEvMAcu+f4Dy58puA==');
INSERT INTO "histograms" VALUES('6fed2fdc-4ee4-4565-9431-507dafa02f57','service_time','ns',1539,0,'HISTFAAAAVd4nC1RPUoGQQz98r58McY4juu4fvgHNqJgIViKWIj2FtYewwsIVhZiZecxvIEH8ASCYOsRfLu6w0wmL+8ls8n2/fPaZCJfk79v+m+F16vjt9fJ+c8f8PAi+DZ8ChbxLvgQ7OAGt5jiBHu4xAbWccHzGjOcYgtL5M1MAIhluruFWioSAtcxoGYt0yIig1Ba0dCMEk433NUHTBgvRZkCLTVLQa9WwqyLjiFKjAIyIhFFa3pUNY3akvq+xrzzWrq+z+xKra3t7re+bR4dbM+jeIvYnNeazZqh8KG91aQ/5BRnGmcW5XOUVRWqVlUKSzCumaogU9W9Y7EwN8CETxcY/y8oIURLCRx04S6UkkdPhwPMMVVIsh8wgoJxc0FluFI7UNkzdlTH4ALYeVrKZwNtILPnO8QWuJfH6IwzGIEpr0/AGefCEa3iEI8Fd1jhzNa41gkKSb/d4xvW');
INSERT INTO "histograms" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f','service_time','ns',40,0,'HISTFAAAAGl4nJNpmSzMwMAQwgABzFCaEch0M9ixgMH+A0TgZBsjUzCTJVMpky4TI5Mykz8TLxOQYc2kysQMhpxM7EyyTIZgkpFJkIkpkqma6SAjUN6RKZApl0meaT4jkMgHYnamt/xMm7mZAHGbDtI=');
INSERT INTO "histograms" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f','response_time','ns',40,0,'HISTFAAAAGt4nJNpmSzMwMAQwgABzFCaEch0M9ixgMH+A0TgZR8jUyKTMpMkky2TIBM7kygTI5BkZ2LiZOEEUopALM3EDRQWZ+JnAUkzA/mcTKpMqUwrGZn4mXYyMv1mZFrMyNQKMmcuF1M/NxMAN2cOJw==');
INSERT INTO "histograms" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f','queue_wait','ns',40,0,'HISTFAAAACJ4nJNpmSzMwMDAyAABzFAayGd2M9ixgMH+A0QgAABS9gSc');
INSERT INTO "histograms" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f','pacer_lag','ns',40,0,'HISTFAAAAG14nJNpmSzMwMAQwgABzFCaEch0M9ixgMH+A0TgfipTLzOTPlMzI4swkGDKZxJnEmSSZhJmEmWSZZJkMmViZHJn4mRSZVIEkoZMjkzsQHl5oBw/E1CRNtNhFiZzJmMmS6aVIM3lTEvZmACSSA6q');
INSERT INTO "histograms" VALUES('1abb99d3-b821-403e-991c-bc422e850941','service_time','ns',40,0,'HISTFAAAAGJ4nJNpmSzMwMDgywABzFCaEch0M9ixgMH+A0Rg6lpGFmkmTiZ+JlYmRiZmIFZmkgSS7EzyQFF2JqAwkzaTPVBEkEkTyBEFquQH8sSBmBOonp9JmEWVKZxJkek1IxMAek4JjQ==');
INSERT INTO "histograms" VALUES('1abb99d3-b821-403e-991c-bc422e850941','response_time','ns',40,0,'HISTFAAAAFh4nJNpmSzMwMDgxgABzFCaEch0M9ixgMH+A0Rg63pGpkgmJlEmRiZOIGZiBxJsvEwsnEzMTCDMyCTMxOQIZHCDOdJMskCSH6gMyAXyapk0mZqZmABEcwjr');
INSERT INTO "histograms" VALUES('1abb99d3-b821-403e-991c-bc422e850941','queue_wait','ns',40,0,'HISTFAAAACJ4nJNpmSzMwMDAyAABzFAayGd2M9ixgMH+A0QgAABS9gSc');
INSERT INTO "histograms" VALUES('1abb99d3-b821-403e-991c-bc422e850941','pacer_lag','ns',40,0,'HISTFAAAAGZ4nJNpmSzMwMDgzwABzFCaEch0M9ixgMH+A0RgfiFTPJM4EyOTNBMzkA4EkvpMwkxMokzsQIYgkzVQQJDJm8maRZOJk4mfyZCJl0kbqDgZiF2ZmOYyMpkzOQPZwkC5vcxMAOq3DAo=');
INSERT INTO "histograms" VALUES('644328cd-c4d6-46b8-b2ae-09a2db29063d','service_time','ns',60,4,'HISTFAAAAGd4nJNpmSzMwMAQzwABzFCaEch0M9ixgMH+A0Rg8QFGJl0mRiZmIGZkYmFmYWQCspmANAuYAeaysTOBpXmBmJ+JhRUkCiJYgTyQuDCTJJMyky2TNlM5kzHQuGgmRaa1gUxAswD44woc');
CREATE TABLE resource_readings (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  source TEXT NOT NULL,
  cpu_percent REAL NOT NULL,
  rss_bytes INTEGER,
  threads INTEGER,
  open_files INTEGER, steal_percent REAL, frequency_mhz REAL,
  PRIMARY KEY (trial_id, sequence)
);
INSERT INTO "resource_readings" VALUES('56bf9a1c-8f1e-4d76-8af1-33fb43296d6f',0,46858928786256,'worker',9.13301234121646246001e+01,29880320,11,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('56bf9a1c-8f1e-4d76-8af1-33fb43296d6f',1,46858928786256,'target',5.68574167944836,28147712,1,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('56bf9a1c-8f1e-4d76-8af1-33fb43296d6f',2,46858928786256,'orchestrator',7.75806840023439825415e+00,70598656,3,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('56bf9a1c-8f1e-4d76-8af1-33fb43296d6f',3,46858928786256,'machine',1.0148859773790633199e+02,NULL,NULL,NULL,0.0,NULL);
INSERT INTO "resource_readings" VALUES('9c8d4344-e43c-4d90-b1e1-40adfec328bb',0,46858770730592,'worker',9.40545044184908505223e+01,36868096,1,18,NULL,NULL);
INSERT INTO "resource_readings" VALUES('9c8d4344-e43c-4d90-b1e1-40adfec328bb',1,46858770730592,'target',1.50750719385264950744e+01,28147712,1,35,NULL,NULL);
INSERT INTO "resource_readings" VALUES('9c8d4344-e43c-4d90-b1e1-40adfec328bb',2,46858770730592,'orchestrator',2.40934541932310608558e+00,70578176,3,22,NULL,NULL);
INSERT INTO "resource_readings" VALUES('9c8d4344-e43c-4d90-b1e1-40adfec328bb',3,46858770730592,'machine',1.02499575796094319454e+02,NULL,NULL,NULL,0.0,2599.998);
INSERT INTO "resource_readings" VALUES('45bcc071-89fa-4875-b6cc-8fcc900126c7',0,46859949594506,'worker',9.74509645119465233147e+01,29880320,11,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('45bcc071-89fa-4875-b6cc-8fcc900126c7',1,46859949594506,'target',5.70159110830527815494e+00,28151808,1,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('45bcc071-89fa-4875-b6cc-8fcc900126c7',2,46859949594506,'orchestrator',2.6957891970134650883e+00,70717440,3,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('45bcc071-89fa-4875-b6cc-8fcc900126c7',3,46859949594506,'machine',1.19471458268653947239e+02,NULL,NULL,NULL,0.0,NULL);
INSERT INTO "resource_readings" VALUES('6fed2fdc-4ee4-4565-9431-507dafa02f57',0,46859791389873,'worker',9.45295112144474103388e+01,36929536,1,18,NULL,NULL);
INSERT INTO "resource_readings" VALUES('6fed2fdc-4ee4-4565-9431-507dafa02f57',1,46859791389873,'target',1.44490439560610806069e+01,28151808,1,35,NULL,NULL);
INSERT INTO "resource_readings" VALUES('6fed2fdc-4ee4-4565-9431-507dafa02f57',2,46859791389873,'orchestrator',2.51905085820367702353e+00,70717440,3,22,NULL,NULL);
INSERT INTO "resource_readings" VALUES('6fed2fdc-4ee4-4565-9431-507dafa02f57',3,46859791389873,'machine',89.7823003019614,NULL,NULL,NULL,0.0,2599.998);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',0,46862239289570,'worker',5.28002784426185201027e+00,21954560,11,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',1,46862239289570,'target',9.0334159178732265083e-01,28315648,1,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',2,46862239289570,'orchestrator',2.80678627266727787059e+00,72044544,3,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',3,46862239289570,'machine',1.93800775720843851956e+01,NULL,NULL,NULL,0.0,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',4,46862576288346,'worker',2.68618284585052,21983232,11,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',5,46862576288346,'target',0.767861517398326,28315648,1,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',6,46862576288346,'orchestrator',3.140996273247857129e+00,72048640,3,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',7,46862576288346,'machine',0.0,NULL,NULL,NULL,0.0,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',8,46862715651067,'worker',2.33329255963651860383e+00,21983232,11,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',9,46862715651067,'target',9.85030996919183277071e-01,28315648,1,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',10,46862715651067,'orchestrator',1.68118775465068592822e+00,72048640,3,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',11,46862715651067,'machine',0.0,NULL,NULL,NULL,0.0,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',0,46862030091348,'worker',1.38947247794156858446e+01,32059392,1,20,NULL,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',1,46862030091348,'target',5.46130614891889076822e-01,28311552,1,35,NULL,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',2,46862030091348,'orchestrator',2.58464686097049378687e+00,70995968,3,26,NULL,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',3,46862030091348,'machine',6.46482855497660136023e+00,NULL,NULL,NULL,0.0,2599.998);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',4,46862366789280,'worker',1.29453407109281073418e+01,32116736,1,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',5,46862366789280,'target',5.73495600487033407866e-01,28315648,1,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',6,46862366789280,'orchestrator',3.34463143391213124644e+00,72044544,3,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',7,46862366789280,'machine',1.5696275438207289099e+01,NULL,NULL,NULL,0.0,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',8,46862506406586,'worker',1.06049754319138624938e+01,32116736,1,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',9,46862506406586,'target',8.19019527564870841729e-01,28315648,1,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',10,46862506406586,'orchestrator',1.79697279075131266523e+00,72044544,3,NULL,NULL,NULL);
INSERT INTO "resource_readings" VALUES('1abb99d3-b821-403e-991c-bc422e850941',11,46862506406586,'machine',2.86497434627476472712e+01,NULL,NULL,NULL,0.0,NULL);
INSERT INTO "resource_readings" VALUES('644328cd-c4d6-46b8-b2ae-09a2db29063d',0,46863601886249,'worker',4.56210550513491774893e+00,21381120,11,11,NULL,NULL);
INSERT INTO "resource_readings" VALUES('644328cd-c4d6-46b8-b2ae-09a2db29063d',1,46863601886249,'target',3.89427858738019594397e+00,28209152,1,21,NULL,NULL);
INSERT INTO "resource_readings" VALUES('644328cd-c4d6-46b8-b2ae-09a2db29063d',2,46863601886249,'orchestrator',9.16796145662971717626e+00,66441216,3,17,NULL,NULL);
INSERT INTO "resource_readings" VALUES('644328cd-c4d6-46b8-b2ae-09a2db29063d',3,46863601886249,'machine',1.51116337170309265047e+01,NULL,NULL,NULL,0.0,2599.998);
CREATE TABLE rounds (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  round INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT NOT NULL,
  competitors TEXT NOT NULL,
  PRIMARY KEY (run_id, round)
);
INSERT INTO "rounds" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',1,'2026-11-29T11:02:02.917+00:00','2026-11-29T11:02:03.567+00:00','["aiohttp","requests"]');
INSERT INTO "rounds" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',2,'2026-11-29T11:02:03.949+00:00','2026-11-29T11:02:04.587+00:00','["aiohttp","requests"]');
INSERT INTO "rounds" VALUES('ae99cb00-eec7-4aef-95e3-b7570d453da3',1,'2026-11-29T11:02:06.276+00:00','2026-11-29T11:02:07.329+00:00','["httpx:async","stdlib"]');
INSERT INTO "rounds" VALUES('af01de71-de52-44fc-a3d0-f7c29af1d69f',1,'2026-11-29T11:02:07.977+00:00','2026-11-29T11:02:08.182+00:00','["stdlib"]');
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  state TEXT NOT NULL,
  axis TEXT NOT NULL,
  baseline TEXT NOT NULL,
  seed INTEGER NOT NULL,
  scenario TEXT NOT NULL,
  target TEXT NOT NULL,
  environment_id TEXT NOT NULL REFERENCES environments(id)
, selftest_id TEXT REFERENCES selftests(id) ON DELETE SET NULL);
INSERT INTO "runs" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8','compare requests, aiohttp','2026-11-29T11:02:02.868+00:00','2026-11-29T11:02:04.592+00:00','complete','client','requests',1,'{"axis":"client","baseline":"requests","body_bytes":null,"competitors":[{"body_bytes":0,"busy_share":null,"client":{"loop":null,"mode":"sync","name":"requests","python":null,"version":null},"concurrency":10,"label":"requests","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}},{"body_bytes":0,"busy_share":null,"client":{"loop":"asyncio","mode":"async","name":"aiohttp","python":null,"version":null},"concurrency":10,"label":"aiohttp","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}}],"duration_s":0.3,"error_budget":null,"expect":"200-399","headers":{"Accept-Encoding":"identity"},"held":null,"open_load":null,"path":"/","pin":true,"precision":null,"preset":null,"processes":1,"profile":"parity","requests":null,"rounds":2,"seed":1,"slice_s":0.15,"steps":[],"stream":false,"think_time_s":0.0,"timeout_s":10.0,"trace_share":0.0,"url":null,"verify":true,"warmup_s":0.0}','{"configuration":"c9e753b4e119534c","httptools":"0.9.0","name":"embedded","openssl":"OpenSSL 3.0.19 27 Jan 2026","python":"3.11.7","uvloop":"0.23.0"}','9a152d0d91b6ba8d4aa81d242bba8a8917e0f519727d9aae3406714aa4f6a115',NULL);
INSERT INTO "runs" VALUES('ae99cb00-eec7-4aef-95e3-b7570d453da3','compare stdlib, httpx:async','2026-11-29T11:02:05.298+00:00','2026-11-29T11:02:07.344+00:00','complete','client','stdlib',1,'{"axis":"client","baseline":"stdlib","body_bytes":null,"competitors":[{"body_bytes":0,"busy_share":null,"client":{"loop":null,"mode":"sync","name":"stdlib","python":null,"version":null},"concurrency":10,"label":"stdlib","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}},{"body_bytes":0,"busy_share":null,"client":{"loop":"asyncio","mode":"async","name":"httpx","python":null,"version":null},"concurrency":10,"label":"httpx:async","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}}],"duration_s":0.4,"error_budget":null,"expect":"200-399","headers":{"Accept-Encoding":"identity"},"held":null,"open_load":{"arrivals":"uniform","rate":100.0,"stages":[],"start":"fixed-workers"},"path":"/","pin":true,"precision":null,"preset":null,"processes":1,"profile":"parity","requests":null,"rounds":1,"seed":1,"slice_s":0.2,"steps":[],"stream":false,"think_time_s":0.0,"timeout_s":10.0,"trace_share":0.1,"url":null,"verify":true,"warmup_s":0.0}','{"configuration":"c9e753b4e119534c","httptools":"0.9.0","name":"embedded","openssl":"OpenSSL 3.0.19 27 Jan 2026","python":"3.11.7","uvloop":"0.23.0"}','9a152d0d91b6ba8d4aa81d242bba8a8917e0f519727d9aae3406714aa4f6a115',NULL);
INSERT INTO "runs" VALUES('af01de71-de52-44fc-a3d0-f7c29af1d69f','load stdlib','2026-11-29T11:02:07.938+00:00','2026-11-29T11:02:08.187+00:00','complete','client','stdlib',1,'{"axis":"client","baseline":"stdlib","body_bytes":null,"competitors":[{"body_bytes":0,"busy_share":null,"client":{"loop":null,"mode":"sync","name":"stdlib","python":null,"version":null},"concurrency":10,"label":"stdlib","method":"GET","target":{"cpus":[],"instances":1,"memory_bytes":0,"name":"embedded","port":0,"runtime":"native","tls":false,"upstream":"","url":""}}],"duration_s":null,"error_budget":null,"expect":"200-399","headers":{"Accept-Encoding":"identity"},"held":null,"open_load":null,"path":"/wait?bimodal=2ms,400ms,0.1","pin":true,"precision":null,"preset":null,"processes":1,"profile":"parity","requests":60,"rounds":1,"seed":1,"slice_s":0.02,"steps":[],"stream":false,"think_time_s":0.0,"timeout_s":0.1,"trace_share":0.0,"url":null,"verify":true,"warmup_s":0.0}','{"configuration":"c9e753b4e119534c","httptools":"0.9.0","name":"embedded","openssl":"OpenSSL 3.0.19 27 Jan 2026","python":"3.11.7","uvloop":"0.23.0"}','9a152d0d91b6ba8d4aa81d242bba8a8917e0f519727d9aae3406714aa4f6a115',NULL);
CREATE TABLE selftest_figures (
  selftest_id TEXT NOT NULL REFERENCES selftests(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  part TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL,
  bound REAL,
  better TEXT NOT NULL,
  unit TEXT NOT NULL,
  detail TEXT NOT NULL,
  missed INTEGER NOT NULL,
  PRIMARY KEY (selftest_id, sequence)
);
CREATE TABLE selftests (
  id TEXT PRIMARY KEY,
  started_at TEXT NOT NULL,
  ended_at TEXT NOT NULL,
  environment_id TEXT NOT NULL REFERENCES environments(id),
  full INTEGER NOT NULL,
  passed INTEGER NOT NULL,
  resolution REAL NOT NULL
);
CREATE TABLE slices (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  block INTEGER NOT NULL,
  position INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  correct INTEGER NOT NULL,
  cpu_ns INTEGER NOT NULL,
  cpu_requests INTEGER NOT NULL,
  target_cpu_ns INTEGER,
  PRIMARY KEY (trial_id, sequence)
);
INSERT INTO "slices" VALUES('56bf9a1c-8f1e-4d76-8af1-33fb43296d6f',0,0,1,46858785595982,46858935595982,439,439,150240523,439,8588418);
INSERT INTO "slices" VALUES('9c8d4344-e43c-4d90-b1e1-40adfec328bb',0,0,0,46858626747287,46858776747287,1567,1567,149965357,1567,23582201);
INSERT INTO "slices" VALUES('45bcc071-89fa-4875-b6cc-8fcc900126c7',0,0,1,46859806277600,46859956277600,434,434,149784700,434,8746436);
INSERT INTO "slices" VALUES('6fed2fdc-4ee4-4565-9431-507dafa02f57',0,0,0,46859647547280,46859797547280,1539,1539,147793901,1539,22846075);
INSERT INTO "slices" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',0,0,1,46862095941708,46862295941708,20,20,5064387,20,1648155);
INSERT INTO "slices" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',1,1,1,46862514386002,46862714386002,20,20,4369213,20,1768140);
INSERT INTO "slices" VALUES('1abb99d3-b821-403e-991c-bc422e850941',0,0,0,46861886746344,46862086746344,20,20,22369011,20,981634);
INSERT INTO "slices" VALUES('1abb99d3-b821-403e-991c-bc422e850941',1,1,0,46862305059029,46862505059029,20,20,22764411,20,1482629);
INSERT INTO "slices" VALUES('644328cd-c4d6-46b8-b2ae-09a2db29063d',0,0,0,46863485902087,46863600367784,60,56,4846791,60,4532604);
CREATE TABLE spreads (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  target INTEGER NOT NULL,
  round INTEGER NOT NULL,
  instance TEXT NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (run_id, sequence)
);
CREATE TABLE status_counts (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  status INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (trial_id, status)
);
INSERT INTO "status_counts" VALUES('56bf9a1c-8f1e-4d76-8af1-33fb43296d6f',200,439);
INSERT INTO "status_counts" VALUES('9c8d4344-e43c-4d90-b1e1-40adfec328bb',200,1567);
INSERT INTO "status_counts" VALUES('45bcc071-89fa-4875-b6cc-8fcc900126c7',200,435);
INSERT INTO "status_counts" VALUES('6fed2fdc-4ee4-4565-9431-507dafa02f57',200,1539);
INSERT INTO "status_counts" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',200,40);
INSERT INTO "status_counts" VALUES('1abb99d3-b821-403e-991c-bc422e850941',200,40);
INSERT INTO "status_counts" VALUES('644328cd-c4d6-46b8-b2ae-09a2db29063d',200,56);
CREATE TABLE targets (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  name TEXT NOT NULL,
  runtime TEXT NOT NULL,
  instances INTEGER NOT NULL,
  tls INTEGER NOT NULL,
  upstream TEXT NOT NULL,
  spec TEXT NOT NULL,
  description TEXT NOT NULL,
  PRIMARY KEY (run_id, sequence)
);
INSERT INTO "targets" VALUES('1d600022-6cc9-4066-a4a8-b133980edbf8',0,'embedded','native',1,0,'','{"name": "embedded", "runtime": "native", "instances": 1, "tls": false, "upstream": "", "port": 0, "cpus": [], "memory_bytes": 0, "url": ""}','{"configuration":"c9e753b4e119534c","httptools":"0.9.0","name":"embedded","openssl":"OpenSSL 3.0.19 27 Jan 2026","python":"3.11.7","uvloop":"0.23.0"}');
INSERT INTO "targets" VALUES('ae99cb00-eec7-4aef-95e3-b7570d453da3',0,'embedded','native',1,0,'','{"name": "embedded", "runtime": "native", "instances": 1, "tls": false, "upstream": "", "port": 0, "cpus": [], "memory_bytes": 0, "url": ""}','{"configuration":"c9e753b4e119534c","httptools":"0.9.0","name":"embedded","openssl":"OpenSSL 3.0.19 27 Jan 2026","python":"3.11.7","uvloop":"0.23.0"}');
INSERT INTO "targets" VALUES('af01de71-de52-44fc-a3d0-f7c29af1d69f',0,'embedded','native',1,0,'','{"name": "embedded", "runtime": "native", "instances": 1, "tls": false, "upstream": "", "port": 0, "cpus": [], "memory_bytes": 0, "url": ""}','{"configuration":"c9e753b4e119534c","httptools":"0.9.0","name":"embedded","openssl":"OpenSSL 3.0.19 27 Jan 2026","python":"3.11.7","uvloop":"0.23.0"}');
CREATE TABLE traces (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  number INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  local_port INTEGER NOT NULL,
  hold_point INTEGER NOT NULL,
  planned_ns INTEGER NOT NULL,
  arrived_ns INTEGER NOT NULL,
  held_ns INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  get_conn_ns INTEGER NOT NULL, dns_start_ns INTEGER NOT NULL, dns_done_ns INTEGER NOT NULL, connect_start_ns INTEGER NOT NULL, connect_done_ns INTEGER NOT NULL, tls_handshake_start_ns INTEGER NOT NULL, tls_handshake_done_ns INTEGER NOT NULL, got_conn_ns INTEGER NOT NULL, wrote_headers_ns INTEGER NOT NULL, wrote_request_ns INTEGER NOT NULL, got_100_continue_ns INTEGER NOT NULL, got_first_response_byte_ns INTEGER NOT NULL, wait_100_continue_ns INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  received_bytes INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  PRIMARY KEY (trial_id, sequence)
);
INSERT INTO "traces" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',0,134217728,0,57018,0,0,0,0,46862176091997,46862176575871,46862176608714,46862176640843,46862176641490,46862176802004,0,0,46862176805008,46862176849478,46862176851747,0,46862177009155,0,200,12,46862177103690);
INSERT INTO "traces" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',1,134217729,0,57018,0,0,0,0,46862276102267,46862276119033,0,0,0,0,0,0,46862276149077,46862276224101,46862276225732,0,46862276322262,0,200,12,46862276380647);
INSERT INTO "traces" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',2,134217730,0,57020,0,0,0,0,46862584492117,46862584519295,46862584560091,46862584607205,46862584609017,46862584769232,0,0,46862584773257,46862584816262,46862584817281,0,46862585048797,0,200,12,46862585118400);
INSERT INTO "traces" VALUES('f9522cfb-3e86-4f9c-9922-f80f5f9b0f3f',3,134217731,0,57020,0,0,0,0,46862684490584,46862684505315,0,0,0,0,0,0,46862684530914,46862684601605,46862684602951,0,46862684700907,0,200,12,46862684755432);
INSERT INTO "traces" VALUES('1abb99d3-b821-403e-991c-bc422e850941',0,67108864,0,56922,0,0,0,0,46861966889050,46861966895663,0,0,0,0,0,0,46861967275718,46861967412786,46861967435759,0,46861967600125,0,200,12,46861967964434);
INSERT INTO "traces" VALUES('1abb99d3-b821-403e-991c-bc422e850941',1,67108865,0,56922,0,0,0,0,46862066885411,46862066890463,0,0,0,0,0,0,46862067267983,46862067405437,46862067429572,0,46862067594198,0,200,12,46862067957686);
INSERT INTO "traces" VALUES('1abb99d3-b821-403e-991c-bc422e850941',2,67108866,0,56922,0,0,0,0,46862375166332,46862375169875,0,0,0,0,0,0,46862375532723,46862375667061,46862375689976,0,46862375854325,0,200,12,46862376296782);
INSERT INTO "traces" VALUES('1abb99d3-b821-403e-991c-bc422e850941',3,67108867,0,56922,0,0,0,0,46862475171984,46862475174571,0,0,0,0,0,0,46862475513287,46862475644534,46862475666306,0,46862475828935,0,200,12,46862476259974);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX runs_by_start ON runs (started_at);
CREATE INDEX runs_by_environment ON runs (environment_id);
CREATE INDEX results_by_run ON benchmark_results (run_id, label, round);
CREATE INDEX results_by_client ON benchmark_results (client_library, client_type, start_time);
CREATE INDEX results_by_start ON benchmark_results (start_time);
CREATE VIEW latest_run AS
SELECT * FROM runs ORDER BY started_at DESC, rowid DESC LIMIT 1;
CREATE VIEW client_summary AS
SELECT
  run_id,
  label,
  MIN(client_library) AS client_library,
  MIN(client_type) AS client_type,
  MIN(client_version) AS client_version,
  MIN(http_method) AS http_method,
  MIN(concurrency_level) AS concurrency_level,
  MIN(body_bytes) AS body_bytes,
  COUNT(*) AS rounds,
  SUM(state = 'complete') AS rounds_complete,
  SUM(window_ns) / 1e9 AS duration,
  SUM(correct) * 1e9 / NULLIF(SUM(window_ns), 0) AS requests_per_second,
  SUM(requests_count) * 1e9 / NULLIF(SUM(window_ns), 0) AS completions_per_second,
  MIN(requests_per_second) AS slowest_round,
  MAX(requests_per_second) AS fastest_round,
  SUM(mean_service_ns * (population - error_count))
    / NULLIF(SUM(CASE WHEN mean_service_ns IS NOT NULL THEN population - error_count END), 0)
    / 1e9 AS avg_response_time,
  SUM(cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS cpu_per_request_us,
  MAX(idle_rss_bytes) / 1e6 AS idle_memory_mb,
  MAX(peak_rss_bytes) / 1e6 AS peak_memory_mb,
  SUM(error_count) AS error_count,
  100.0 * SUM(error_count) / NULLIF(SUM(population), 0) AS error_rate
FROM benchmark_results
WHERE run_id IS NOT NULL
GROUP BY run_id, label;
CREATE VIEW run_overview AS
SELECT
  runs.id,
  runs.name,
  runs.started_at,
  runs.ended_at,
  runs.state,
  runs.axis,
  runs.baseline,
  (SELECT COUNT(*) FROM rounds WHERE run_id = runs.id) AS rounds,
  (SELECT COUNT(DISTINCT label) FROM benchmark_results WHERE run_id = runs.id) AS competitors,
  (SELECT COUNT(*) FROM benchmark_results WHERE run_id = runs.id AND state != 'complete')
    AS trials_not_complete,
  (SELECT COUNT(*) FROM doubts WHERE run_id = runs.id) AS doubts
FROM runs;
CREATE VIEW target_summary AS
SELECT
  run_id,
  label,
  target,
  runtime,
  instances,
  tls,
  upstream,
  COUNT(*) AS rounds,
  SUM(correct) * 1e9 / NULLIF(SUM(window_ns), 0) AS requests_per_second,
  SUM(cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS client_cpu_per_request_us,
  SUM(proxy_cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS proxy_cpu_per_request_us,
  SUM(origin_cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS origin_cpu_per_request_us,
  AVG(target_cpu_share) AS target_cpu_share
FROM benchmark_results
WHERE run_id IS NOT NULL
GROUP BY run_id, label;
CREATE VIEW library_summary AS
WITH known AS (
  SELECT
    results.*,
    runs.environment_id,
    COALESCE(json_extract(environments.environment, '$.host'), '?') || ' · '
      || COALESCE(json_extract(environments.environment, '$.cpu'), '?') || ' · Python '
      || results.python_version AS environment,
    CASE WHEN results.target IS NULL THEN runs.target ELSE (
      SELECT description FROM targets
      WHERE targets.run_id = runs.id AND targets.name = results.target
        AND targets.runtime = results.runtime AND targets.instances = results.instances
        AND targets.tls = results.tls AND targets.upstream = results.upstream
    ) END AS target_versions,
    json_set(json_remove(runs.scenario, '$.competitors', '$.axis', '$.baseline', '$.seed', '$.rounds', '$.duration_s', '$.requests', '$.precision'), '$.competitor', json((
      SELECT json_remove(value, '$.label', '$.client', '$.method', '$.body_bytes', '$.concurrency') FROM json_each(runs.scenario, '$.competitors')
      WHERE json_extract(value, '$.label') = results.label
    ))) AS settings
  FROM benchmark_results AS results
  JOIN runs ON runs.id = results.run_id
  JOIN environments ON environments.id = runs.environment_id
  WHERE results.state = 'complete' AND results.trace_share = 0
)
SELECT
  environment_id,
  environment,
  client_library,
  client_type,
  client_version,
  event_loop,
  http_method,
  concurrency_level,
  body_bytes,
  profile,
  target,
  runtime,
  instances,
  tls,
  upstream,
  versions,
  target_versions,
  settings,
  COUNT(DISTINCT run_id) AS runs,
  COUNT(*) AS rounds,
  SUM(window_ns) / 1e9 AS duration,
  SUM(correct) * 1e9 / NULLIF(SUM(window_ns), 0) AS requests_per_second,
  SUM(mean_service_ns * (population - error_count))
    / NULLIF(SUM(CASE WHEN mean_service_ns IS NOT NULL THEN population - error_count END), 0)
    / 1e9 AS avg_response_time,
  SUM(cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS cpu_per_request_us,
  MAX(peak_rss_bytes) / 1e6 AS peak_memory_mb,
  SUM(error_count) AS error_count,
  100.0 * SUM(error_count) / NULLIF(SUM(population), 0) AS error_rate
FROM known
GROUP BY
  environment_id, environment, client_library, client_type, client_version, event_loop, http_method,
  concurrency_level, body_bytes, profile, target, runtime, instances, tls, upstream, versions,
  target_versions, settings;
CREATE VIEW ranking AS
SELECT
  client_summary.run_id,
  client_summary.label,
  client_summary.requests_per_second,
  comparisons.ratio,
  comparisons.low,
  comparisons.high,
  comparisons.verdict,
  comparisons.reason,
  comparisons.rounds,
  comparisons.baseline,
  RANK() OVER (
    PARTITION BY client_summary.run_id ORDER BY client_summary.requests_per_second DESC
  ) AS place
FROM client_summary
LEFT JOIN comparisons
  ON comparisons.run_id = client_summary.run_id
  AND comparisons.label = client_summary.label
  AND comparisons.metric = 'throughput';
COMMIT;
